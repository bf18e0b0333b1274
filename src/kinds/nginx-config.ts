import type { RoutedSite, Upstream } from '../plan/kind.ts'

/**
 * A parameter of an nginx directive, quoted.
 * nginx knows no escape for `$` (ngx_http_script.c), and control characters have no business in a configuration.
 * @throws Error on such a value; the schema refuses them before.
 */
export const nginxString = (value: string): string => {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused
  if (/[$\u0000-\u001f\u007f]/.test(value)) throw new Error(`not a value for nginx: ${JSON.stringify(value)}`)
  return `"${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`
}

/** The part that no site changes. `edgeAddress` is the only peer whose word about the client is taken. */
export const nginxMain = (edgeAddress: string, sitesDirectory: string): string => `worker_processes 1;
pid /tmp/nginx.pid;
error_log stderr warn;
events { worker_connections 1024; }
http {
  include /etc/nginx/mime.types;
  default_type application/octet-stream;
  server_tokens off;
  access_log off;
  sendfile on;
  tcp_nopush on;
  keepalive_timeout 65s;
  server_names_hash_max_size 4096;
  server_names_hash_bucket_size 256;
  client_max_body_size 64m;
  client_body_temp_path /tmp/client_body;
  fastcgi_temp_path /tmp/fastcgi;
  proxy_temp_path /tmp/proxy;
  uwsgi_temp_path /tmp/uwsgi;
  scgi_temp_path /tmp/scgi;
  set_real_ip_from ${edgeAddress};
  real_ip_header X-Forwarded-For;
  map $http_x_forwarded_proto $palisade_https { default ""; https on; }

  server {
    listen 80 default_server;
    server_name _;
    location = /.palisade/health { return 200 "ok\\n"; }
    location / { return 404; }
  }
  include ${sitesDirectory}/*.conf;
}
`

const fastcgi = (socket: string): string => `    index index.php index.html;
    location / { try_files $uri $uri/ /index.php$is_args$args; }
    location ~ \\.php$ {
      try_files $uri =404;
      fastcgi_pass ${nginxString(`unix:${socket}`)};
      fastcgi_index index.php;
      fastcgi_param SCRIPT_FILENAME $document_root$fastcgi_script_name;
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
    }
`

const files = `    index index.html;
    location / { try_files $uri $uri/ =404; }
`

const locations = (upstream: Upstream): string => {
  switch (upstream.type) {
    case 'fastcgi':
      return fastcgi(upstream.socket)
    case 'files':
      return files
  }
}

/** One site; adding, changing or removing one touches no other file. */
export const nginxSite = ({ site, upstream }: RoutedSite): string => {
  const names = [site.domain, ...site.aliases].map(nginxString).join(' ')
  const root = site.documentRoot === '' ? `/var/www/${site.domain}` : `/var/www/${site.domain}/${site.documentRoot}`
  return `server {
    listen 80;
    server_name ${names};
    root ${nginxString(root)};
    disable_symlinks if_not_owner from=${nginxString(`/var/www/${site.domain}`)};
    location ~ /\\.(?!well-known/) { return 404; }
${locations(upstream)}}
`
}
