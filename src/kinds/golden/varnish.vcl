vcl 4.1;

import std;

backend web {
  .host = "172.30.0.10";
  .port = "80";
  .connect_timeout = 5s;
  .first_byte_timeout = 3600s;
  .between_bytes_timeout = 3600s;
}

acl purgers {
  "172.30.0.0"/16;
}

sub vcl_recv {
  if (req.restarts == 0) {
    unset req.http.X-Palisade-Way;
    set req.grace = 10s;
  } elsif (req.http.X-Palisade-Way == "pipe") {
    return (pipe);
  } else {
    set req.grace = 24h;
  }
  if (req.http.Host == "127.0.0.1") {
    if (req.url == "/.palisade/health" || req.url == "/.palisade/config/abc") {
      return (synth(204));
    }
    return (synth(404));
  }
  if (req.method == "PURGE") {
    if (client.ip !~ purgers) {
      return (synth(405));
    }
    if (req.http.X-Purge-Mode != "prefix") {
      return (purge);
    }
    if (req.http.Host !~ "^[A-Za-z0-9.-]+(:[0-9]+)?$" || req.url !~ "^/[A-Za-z0-9._~!()*,;=:@%/?&+-]*$") {
      return (synth(400));
    }
    ban("obj.http.X-Palisade-Host == " + regsub(req.http.Host.lower(), ":[0-9]+$", "") +
      " && obj.http.X-Palisade-Url ~ ^" + regsuball(req.url, "[^A-Za-z0-9/_-]", "[\0]"));
    return (synth(200, "Purged"));
  }
  if (req.http.Upgrade ~ "(?i)^websocket$") {
    return (pipe);
  }
  if (req.method != "GET" && req.method != "HEAD") {
    return (pass);
  }
}

sub vcl_hash {
  hash_data(req.url);
  hash_data(regsub(req.http.Host.lower(), ":[0-9]+$", ""));
  return (lookup);
}

sub vcl_pipe {
  if (req.http.Upgrade) {
    set bereq.http.Upgrade = req.http.Upgrade;
    set bereq.http.Connection = req.http.Connection;
  } else {
    set bereq.http.Connection = "close";
  }
}

sub vcl_backend_response {
  unset beresp.http.X-Palisade-Way;
  if (bereq.is_bgfetch && beresp.status >= 500) {
    return (abandon);
  }
  if (bereq.method == "GET" && !bereq.uncacheable && std.integer(beresp.http.Content-Length, 0) > 1048576) {
    return (error(503, "large"));
  }
  if (beresp.http.Content-Type ~ "(?i)^text/event-stream") {
    set beresp.uncacheable = true;
    set beresp.ttl = 120s;
    return (deliver);
  }
  set beresp.grace = 24h;
  set beresp.http.X-Palisade-Host = regsub(bereq.http.Host.lower(), ":[0-9]+$", "");
  set beresp.http.X-Palisade-Url = bereq.url;
  if (beresp.http.Vary) {
    set beresp.http.Vary = beresp.http.Vary + ", X-Forwarded-Proto";
  } else {
    set beresp.http.Vary = "X-Forwarded-Proto";
  }
}

sub vcl_backend_error {
  if (bereq.is_bgfetch) {
    return (abandon);
  }
  if (beresp.reason == "large") {
    set beresp.http.X-Palisade-Way = "pipe";
  } else {
    set beresp.http.X-Palisade-Way = "stale";
  }
  set beresp.http.Content-Type = "text/plain";
  set beresp.http.Retry-After = "5";
  synthetic("The web server does not answer." + {"
"});
  return (deliver);
}

sub vcl_deliver {
  if (resp.http.X-Palisade-Way && req.restarts == 0 && (req.method == "GET" || req.method == "HEAD")) {
    set req.http.X-Palisade-Way = resp.http.X-Palisade-Way;
    return (restart);
  }
  if (obj.hits > 0) {
    set resp.http.X-Cache = "HIT";
  } else {
    set resp.http.X-Cache = "MISS";
  }
  set resp.http.Vary = regsub(resp.http.Vary, "(, )?X-Forwarded-Proto$", "");
  if (resp.http.Vary == "") {
    unset resp.http.Vary;
  }
  unset resp.http.X-Palisade-Way;
  unset resp.http.X-Palisade-Host;
  unset resp.http.X-Palisade-Url;
  unset resp.http.X-Varnish;
  unset resp.http.Via;
}

sub vcl_synth {
  set resp.http.Content-Type = "text/plain";
  unset resp.http.X-Varnish;
  if (resp.status == 405) {
    set resp.http.Allow = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";
  }
  synthetic(resp.reason + {"
"});
  return (deliver);
}
