<?php

// The servers and settings out of the variables of the official image. phpMyAdmin reads this file at each request.

declare(strict_types=1);

// PMA_HOSTS before PMA_HOST, and so on: one value per server.
$each = static function (string $one, string $many): array {
    $values = getenv($many) ?: getenv($one);
    return $values === false || $values === '' ? [] : array_map('trim', explode(',', $values));
};

$hosts = $each('PMA_HOST', 'PMA_HOSTS') ?: ['db'];
$ports = $each('PMA_PORT', 'PMA_PORTS');
$sockets = $each('PMA_SOCKET', 'PMA_SOCKETS');
$names = $each('PMA_VERBOSE', 'PMA_VERBOSES');
foreach ($hosts as $index => $host) {
    // phpMyAdmin counts its servers from 1.
    $cfg['Servers'][$index + 1] = [
        'auth_type' => 'cookie',
        'host' => $host,
        'port' => $ports[$index] ?? '',
        'socket' => $sockets[$index] ?? '',
        'verbose' => $names[$index] ?? '',
        'compress' => false,
        'AllowNoPassword' => false,
    ];
}

$cfg['PmaAbsoluteUri'] = getenv('PMA_ABSOLUTE_URI') ?: '';
$cfg['TempDir'] = '/tmp';
$cfg['UploadDir'] = '';
$cfg['SaveDir'] = '';
// There is no way out to ask for versions or to report errors, and no database for phpMyAdmin's own tables.
$cfg['VersionCheck'] = false;
$cfg['SendErrorReports'] = 'never';
$cfg['PmaNoRelation_DisableWarning'] = true;

// An exception in here would only make phpMyAdmin go on with half of its settings.
$refuse = static function (string $reason): never {
    error_log("phpMyAdmin: $reason");
    http_response_code(500);
    exit('phpMyAdmin is not set up.');
};

$secretFile = getenv('PMA_BLOWFISH_SECRET_FILE') ?: '';
if ($secretFile !== '') {
    $secret = file_get_contents($secretFile);
    if ($secret === false) {
        $refuse('PMA_BLOWFISH_SECRET_FILE cannot be read');
    }
    if (preg_match('/^[0-9a-f]{64}\n?$/Di', $secret) === 1) {
        $secret = hex2bin(substr($secret, 0, 64));
    } elseif (strlen($secret) === 33 && str_ends_with($secret, "\n")) {
        $secret = substr($secret, 0, 32);
    }
    if (strlen($secret) !== 32) {
        $refuse('PMA_BLOWFISH_SECRET_FILE has to hold 32 bytes, or 64 hexadecimal digits');
    }
    $cfg['blowfish_secret'] = $secret;
}

foreach (['secret', 'user'] as $part) {
    if (is_file("/etc/phpmyadmin/config.$part.inc.php")) {
        include "/etc/phpmyadmin/config.$part.inc.php";
    }
}
