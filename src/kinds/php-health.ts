/**
 * A FastCGI client in PHP that asks a pool for its ping page: the pool's children have to answer, not just its socket.
 * Its arguments are the socket and, where it matters which configuration answers, that one's digest.
 * FastCGI specification, sections 3.3 and 8: records 1 (begin request), 4 (parameters), 5 (standard input). Written in the
 * language of PHP 5, and without any extension, so that it runs in every image.
 */
export const phpHealthCheck = (pingPath: string): string => `<?php
$socket = @stream_socket_client('unix://' . $argv[1], $code, $message, 4);
if ($socket === false) {
    echo "the pool does not answer: $message\\n";
    exit(1);
}
stream_set_timeout($socket, 4);
function record($type, $body) {
    return pack('CCnnCC', 1, $type, 1, strlen($body), 0, 0) . $body;
}
$parameters = '';
foreach (array('SCRIPT_NAME' => '${pingPath}', 'SCRIPT_FILENAME' => '${pingPath}', 'REQUEST_METHOD' => 'GET') as $name => $value) {
    $parameters .= chr(strlen($name)) . chr(strlen($value)) . $name . $value;
}
fwrite($socket, record(1, pack('nC', 1, 0) . str_repeat("\\0", 5)) . record(4, $parameters) . record(4, '') . record(5, ''));
$answer = stream_get_contents($socket);
$start = strpos($answer, "\\r\\n\\r\\n");
if ($start === false) {
    echo "the pool answers without a page\\n";
    exit(1);
}
if (isset($argv[2]) && strpos($answer, $argv[2], $start) === false) {
    echo "another configuration answers\\n";
    exit(1);
}
`
