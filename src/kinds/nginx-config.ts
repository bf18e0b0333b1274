import { codeEnvironment, type RoutedSite, SITES, type Upstream } from '../plan/kind.ts'
import type { NamedValue, ResolvedRedirect, ResolvedSite } from '../plan/resolved-account.ts'
import { configPath, HEALTH_PATH, type WebMain } from './web-service.ts'

/** Has the value `$`: nginx knows no escape for it where variables are read (ngx_http_script.c). */
const DOLLAR = 'palisade_dollar'

/**
 * A parameter of an nginx directive, quoted, for places where nginx reads no variables.
 * @throws Error on control characters, which have no business in a configuration; the schema refuses them before.
 */
export const nginxLiteral = (value: string): string => {
  if (/\p{Cc}/u.test(value)) throw new Error(`not a value for nginx: ${JSON.stringify(value)}`)
  return `"${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`
}

/** The same for places where nginx reads variables, such as `return` and `add_header`. */
export const nginxText = (value: string): string => nginxLiteral(value).replaceAll('$', () => `\${${DOLLAR}}`)

/** nginx takes no parameter of 4,096 bytes or more (ngx_conf_file.c), and a character has at most 18 bytes here. */
const PIECE = 200

/** The same for a value of any length. `settings` are directives that have to stand before `text` is used. */
const longText = (name: string, value: string): { readonly settings: readonly string[]; readonly text: string } => {
  const characters = [...value]
  if (characters.length <= PIECE) return { settings: [], text: nginxText(value) }
  const pieces = Array.from({ length: Math.ceil(characters.length / PIECE) }, (_, index) =>
    characters.slice(index * PIECE, (index + 1) * PIECE).join(''),
  )
  return {
    settings: pieces.map((piece, index) => `set $${name}_${index} ${nginxText(piece)};`),
    text: `"${pieces.map((_, index) => `\${${name}_${index}}`).join('')}"`,
  }
}

/** A path, which nginx reads variables in, and which has none. */
const nginxPath = (path: string): string => {
  if (path.includes('$')) throw new Error(`not a path for nginx: ${JSON.stringify(path)}`)
  return nginxLiteral(path)
}

/** The part that is no site's own. */
export const nginxMain = (
  { spool, frontends, sitesDirectory, digest }: WebMain,
  mimeTypes: string,
): string => `worker_processes 1;
pid /tmp/nginx.pid;
error_log stderr warn;
worker_shutdown_timeout 60s;
events { worker_connections 1024; }
http {
  include ${mimeTypes};
  default_type application/octet-stream;
  server_tokens off;
  absolute_redirect off;
  access_log off;
  sendfile on;
  tcp_nopush on;
  keepalive_timeout 65s;
  server_names_hash_max_size 4096;
  server_names_hash_bucket_size 256;
  client_body_temp_path ${spool}/client_body;
  fastcgi_temp_path ${spool}/fastcgi;
  proxy_temp_path ${spool}/proxy;
  uwsgi_temp_path ${spool}/uwsgi;
  scgi_temp_path ${spool}/scgi;
${frontends.map((address) => `  set_real_ip_from ${address};\n`).join('')}  real_ip_header X-Forwarded-For;
  real_ip_recursive on;
  geo $${DOLLAR} { default "$"; }
  map $http_x_forwarded_proto $palisade_https { default ""; https on; }
  map $http_x_forwarded_proto $palisade_scheme { default http; https https; }
  map $http_upgrade $palisade_connection { default upgrade; "" ""; }

  server {
    listen 80 default_server;
    server_name _;
    location = ${HEALTH_PATH} { return 200 "ok\\n"; }
    location = ${configPath(digest)} { return 200 "ok\\n"; }
    location / { return 404; }
  }
  include ${sitesDirectory}/*.conf;
}
`

const FASTCGI_PARAMS = `      fastcgi_param SCRIPT_FILENAME $document_root$fastcgi_script_name;
      fastcgi_param SCRIPT_NAME $fastcgi_script_name;
      fastcgi_param QUERY_STRING $query_string;
      fastcgi_param REQUEST_METHOD $request_method;
      fastcgi_param REQUEST_URI $request_uri;
      fastcgi_param DOCUMENT_URI $document_uri;
      fastcgi_param DOCUMENT_ROOT $document_root;
      fastcgi_param CONTENT_TYPE $content_type;
      fastcgi_param CONTENT_LENGTH $content_length;
      fastcgi_param SERVER_PROTOCOL $server_protocol;
      fastcgi_param GATEWAY_INTERFACE CGI/1.1;
      fastcgi_param REMOTE_ADDR $remote_addr;
      fastcgi_param SERVER_NAME $host;
      fastcgi_param SERVER_PORT $server_port;
      fastcgi_param HTTPS $palisade_https if_not_empty;
      fastcgi_param HTTP_PROXY "";
`

const variable = ({ name, value }: NamedValue, index: number): string => {
  const { settings, text } = longText(`palisade_variable_${index}`, value)
  return `${settings.map((line) => `      ${line}\n`).join('')}      fastcgi_param ${nginxText(name)} ${text};\n`
}

const fastcgi = (
  socket: string,
  environment: readonly NamedValue[],
): string => `    location / { try_files $uri $uri/ /index.php$is_args$args; }
    location ~ \\.php$ {
      try_files $uri =404;
      fastcgi_pass ${nginxPath(`unix:${socket}`)};
      fastcgi_index index.php;
      fastcgi_read_timeout 3600s;
${environment.map(variable).join('')}${FASTCGI_PARAMS}    }
`

const proxy = (socket: string): string => `      proxy_pass ${nginxPath(`http://unix:${socket}`)};
      proxy_http_version 1.1;
      proxy_read_timeout 3600s;
      proxy_set_header Host $http_host;
      proxy_set_header X-Real-IP $remote_addr;
      proxy_set_header X-Forwarded-For $remote_addr;
      proxy_set_header X-Forwarded-Proto $palisade_scheme;
      proxy_set_header X-Forwarded-Host $http_host;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $palisade_connection;
      proxy_set_header Proxy "";
`

/** Files of the document root, where a site has one of its own, come before the application. */
const http = (socket: string, documentRoot: string): string =>
  documentRoot === ''
    ? `    location / {
${proxy(socket)}    }
`
    : `    location / { try_files $uri @application; }
    location @application {
${proxy(socket)}    }
`

const FILES = `    location / { try_files $uri $uri/ =404; }
`

const HIDDEN = `    location ~ /\\.(?!well-known/) { return 404; }
`

const locations = (upstream: Upstream, site: ResolvedSite): string => {
  const { documentRoot } = site
  switch (upstream.type) {
    case 'fastcgi':
      return HIDDEN + fastcgi(upstream.socket, codeEnvironment(site))
    case 'http':
      return (documentRoot === '' ? '' : HIDDEN) + http(upstream.socket, documentRoot)
    case 'files':
      return HIDDEN + FILES
  }
}

const redirect = ({ from, to, status }: ResolvedRedirect): string =>
  `    location = ${nginxLiteral(decodeURIComponent(from))} { return ${status} ${nginxText(to)}; }\n`

const header = ({ name, value }: NamedValue, index: number): string => {
  const { settings, text } = longText(`palisade_header_${index}`, value)
  return `${settings.map((line) => `    ${line}\n`).join('')}    add_header ${nginxText(name)} ${text} always;\n`
}

/**
 * One site; adding, changing or removing one touches no other site's file. Links are looked for from the site's directory
 * on, which costs system calls for each component of a path: a quote within a parameter is a character of it
 * (ngx_conf_file.c), and `from="/a"` would be the name of no directory.
 */
export const nginxSite = ({ site, upstream }: RoutedSite): string => {
  const { domain, aliases, documentRoot, index, uploadBytes, redirects, headers } = site
  const names = [domain, ...aliases].map(nginxPath).join(' ')
  const root = documentRoot === '' ? `${SITES}/${domain}` : `${SITES}/${domain}/${documentRoot}`
  return `server {
    listen 80;
    server_name ${names};
    root ${nginxPath(root)};
    index ${index.map(nginxPath).join(' ')};
    client_max_body_size ${uploadBytes};
    disable_symlinks if_not_owner ${nginxPath(`from=${SITES}/${domain}`)};
${headers.map(header).join('')}${redirects.map(redirect).join('')}${locations(upstream, site)}}
`
}
