import { codeEnvironment, type RoutedSite, SITES } from '../plan/kind.ts'
import type { NamedValue, ResolvedRedirect, ResolvedSite } from '../plan/resolved-account.ts'
import { apacheHeader, apachePath, apacheText, DOLLAR, rewritePattern, rewriteTarget } from './apache-values.ts'
import { configPath, HEALTH_PATH, type WebMain } from './web-service.ts'

/** What sites need, and what customers' `.htaccess` files may ask for. Nothing runs programs or parses pages. */
const MODULES = [
  ...['mpm_event', 'remoteip', 'setenvif', 'env', 'headers', 'rewrite', 'alias', 'mime', 'dir', 'autoindex'],
  ...['authz_core', 'authz_host', 'authz_user', 'authz_groupfile', 'access_compat', 'authn_core', 'authn_file'],
  ...['auth_basic', 'expires', 'filter', 'deflate', 'proxy', 'proxy_fcgi', 'proxy_http'],
]

/** Part of the server in some builds. */
const OFTEN_BUILT_IN = ['unixd', 'log_config']

const THREADS = 25
/** Of a process, those for connections and signals included. */
const PIDS_PER_PROCESS = THREADS + 3

/** Half of the pids are for processes of a former configuration, which end with their last request. */
const processes = (pids: number): number => Math.max(2, Math.floor(pids / 2 / PIDS_PER_PROCESS))

const workers = (pids: number): string => {
  const count = processes(pids)
  return `ThreadsPerChild ${THREADS}
ThreadLimit ${THREADS}
StartServers 1
MinSpareThreads ${THREADS}
MaxSpareThreads ${THREADS * 2}
MaxRequestWorkers ${THREADS * count}
ServerLimit ${count * 4}
MaxConnectionsPerChild 0`
}

const modules = (): string =>
  [
    ...MODULES.map((name) => `LoadModule ${name}_module modules/mod_${name}.so`),
    ...OFTEN_BUILT_IN.map(
      (name) => `<IfModule !${name}_module>\n  LoadModule ${name}_module modules/mod_${name}.so\n</IfModule>`,
    ),
  ].join('\n')

/** The part that is no site's own. What it answers itself, it answers to who asks for no site. */
export const apacheMain = ({ frontends, sitesDirectory, limits, digest }: WebMain): string => `ServerName localhost
Listen 80
PidFile /tmp/httpd.pid
DefaultRuntimeDir /tmp
ErrorLog /proc/self/fd/2
LogLevel warn core:error
Define ${DOLLAR} "$"
${modules()}
${workers(limits.pids)}
GracefulShutdownTimeout 10
Timeout 60
KeepAlive On
KeepAliveTimeout 65
MaxKeepAliveRequests 0
ServerTokens Prod
ServerSignature Off
TraceEnable Off
EnableSendfile On
EnableMMAP Off
TypesConfig conf/mime.types
RemoteIPHeader X-Forwarded-For
${frontends.map((address) => `RemoteIPInternalProxy ${address}\n`).join('')}RequestHeader setifempty X-Forwarded-Proto http early
RequestHeader unset Proxy early
SetEnvIf X-Forwarded-Proto "^https$" HTTPS=on
ProxyTimeout 3600
ProxyPreserveHost On
ProxyAddHeaders Off
<Directory "/">
  Options None
  AllowOverride None
  Require all denied
</Directory>
<VirtualHost *:80>
  ServerName localhost
  RewriteEngine On
  RewriteRule "^${HEALTH_PATH}$" "-" [R=204,L]
  RewriteRule "^${configPath(digest)}$" "-" [R=204,L]
  RewriteRule "^" "-" [R=404,L]
</VirtualHost>
IncludeOptional ${sitesDirectory}/*.conf
`

/**
 * LimitRequestBody does not hold for what mod_proxy hands on, and httpd keeps a body of unknown length as a whole,
 * however large it becomes: it is asked for with its length.
 */
const bodyLimit = (bytes: number): string => `  LimitRequestBody ${bytes}
  RewriteCond expr "%{HTTP:Content-Length} -gt ${bytes}"
  RewriteRule "^" "-" [R=413,L]
  RewriteCond "%{HTTP:Transfer-Encoding}" "."
  RewriteRule "^" "-" [R=411,L]
`

/** mod_rewrite would name the scheme that the edge talks to us by, not the client's. */
const OWN_ADDRESS = '%{HTTP:X-Forwarded-Proto}://%{HTTP_HOST}'

const redirect = ({ from, to, status }: ResolvedRedirect): string => {
  const target = rewriteTarget(to.startsWith('/') ? OWN_ADDRESS : '', to)
  return `  RewriteRule ${rewritePattern(decodeURIComponent(from))} ${target} [R=${status},NE,QSD,L]\n`
}

const HIDDEN = `  RewriteRule "/\\.(?!well-known/)" "-" [R=404,L]
`

const SLASH = `  RewriteCond "%{DOCUMENT_ROOT}%{REQUEST_URI}" -d
  RewriteRule "^(.*[^/])$" "${OWN_ADDRESS}$1/" [R=301,L]
`

const header = ({ name, value }: NamedValue): string =>
  `  Header always set ${apacheText(name)} ${apacheHeader(value)}\n`

const variable = ({ name, value }: NamedValue): string => `  SetEnv ${apacheText(name)} ${apacheText(value)}\n`

/**
 * Customers may give rules for addresses, types, headers, index files and access. Options are ours: links that lead to
 * what has another owner are never followed, and an attempt at it is not an error, since many applications make it.
 */
const directory = (
  { domain, index }: ResolvedSite,
  content: string,
): string => `  <Directory ${apachePath(`${SITES}/${domain}`)}>
    Options SymLinksIfOwnerMatch
    AllowOverride AuthConfig FileInfo Indexes Limit Nonfatal=Override
    Require all granted
    DirectoryIndex ${index.map(apacheText).join(' ')}
${content}  </Directory>
`

const fastcgi = (site: ResolvedSite, socket: string): string =>
  codeEnvironment(site).map(variable).join('') +
  directory(
    site,
    `    CGIPassAuth On
    FallbackResource /index.php
    <FilesMatch "\\.php$">
      <If "-f %{REQUEST_FILENAME}">
        SetHandler ${apachePath(`proxy:unix:${socket}|fcgi://localhost/`)}
      </If>
    </FilesMatch>
`,
  )

const PROXY_HEADERS = `  RequestHeader set X-Real-IP "expr=%{REMOTE_ADDR}"
  RequestHeader set X-Forwarded-For "expr=%{REMOTE_ADDR}"
  RequestHeader set X-Forwarded-Host "expr=%{HTTP_HOST}"
  RequestHeader set X-Forwarded-Proto http env=!HTTPS
`

/** Files of the document root, where a site has one of its own, come before the application. */
const http = (site: ResolvedSite, socket: string): string => {
  const files = `  RewriteCond "%{DOCUMENT_ROOT}%{REQUEST_URI}" -f
  RewriteRule "^" "-" [E=no-proxy:1]
${directory(site, '')}`
  const target = apachePath(`unix:${socket}|http://localhost/`)
  return `${site.documentRoot === '' ? '' : files}${PROXY_HEADERS}  ProxyPass "/" ${target} nocanon upgrade=websocket disablereuse=on retry=0
`
}

const content = ({ site, upstream }: RoutedSite): string => {
  switch (upstream.type) {
    case 'fastcgi':
      return HIDDEN + SLASH + fastcgi(site, upstream.socket)
    case 'http':
      return (site.documentRoot === '' ? '' : HIDDEN) + http(site, upstream.socket)
    case 'files':
      return HIDDEN + SLASH + directory(site, '')
  }
}

/** One site; adding, changing or removing one touches no other site's file. */
export const apacheSite = ({ site, upstream }: RoutedSite): string => {
  const { domain, aliases, documentRoot, uploadBytes, redirects, headers } = site
  const root = documentRoot === '' ? `${SITES}/${domain}` : `${SITES}/${domain}/${documentRoot}`
  return `<VirtualHost *:80>
  ServerName ${apachePath(domain)}
${aliases.map((alias) => `  ServerAlias ${apachePath(alias)}\n`).join('')}  DocumentRoot ${apachePath(root)}
  AllowEncodedSlashes NoDecode
  RewriteEngine On
${bodyLimit(uploadBytes)}${headers.map(header).join('')}${redirects.map(redirect).join('')}${content({ site, upstream })}</VirtualHost>
`
}
