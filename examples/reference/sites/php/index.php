<?php
// Tells what runs it, and, where the site has a database, writes a row and counts what is there. Runs on PHP 5.6 and later.
header('Content-Type: application/json');
header('Cache-Control: no-store');

function database()
{
    if (!isset($_SERVER['DATABASE_HOST'])) {
        return null;
    }
    $host = $_SERVER['DATABASE_HOST'];
    $name = $_SERVER['DATABASE_NAME'];
    $password = trim(file_get_contents("/run/secrets/$host-$name"));
    $link = mysqli_connect($host, $name, $password, $name);
    mysqli_query($link, 'CREATE TABLE IF NOT EXISTS visits (id INT AUTO_INCREMENT PRIMARY KEY, site VARCHAR(253) NOT NULL)');
    $statement = mysqli_prepare($link, 'INSERT INTO visits (site) VALUES (?)');
    mysqli_stmt_bind_param($statement, 's', $_SERVER['SERVER_NAME']);
    mysqli_stmt_execute($statement);
    $result = mysqli_query($link, 'SELECT COUNT(*) AS visits, VERSION() AS version FROM visits');
    $row = mysqli_fetch_assoc($result);
    return array('engine' => $host, 'version' => $row['version'], 'visits' => (int) $row['visits']);
}

function cache()
{
    if (!isset($_SERVER['REDIS_SOCKET'])) {
        return null;
    }
    $redis = new Redis();
    $redis->connect($_SERVER['REDIS_SOCKET']);
    return array('engine' => 'redis', 'visits' => $redis->incr('visits'));
}

echo json_encode(array(
    'site' => $_SERVER['SERVER_NAME'],
    'runtime' => 'php',
    'version' => PHP_VERSION,
    'database' => database(),
    'cache' => cache(),
)), "\n";
