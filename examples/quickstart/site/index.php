<?php

declare(strict_types=1);

/** The first row of the table, which is made when it is missing. */
function greeting(): string
{
    $secret = '/run/secrets/mariadb-hello';
    if (!is_readable($secret)) {
        throw new RuntimeException("$secret can't be read");
    }
    $password = file_get_contents($secret);
    $database = new PDO('mysql:host=mariadb;port=3306;dbname=hello;charset=utf8mb4', 'hello', trim($password), [
        PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION,
        PDO::ATTR_TIMEOUT => 3,
    ]);
    $database->exec('CREATE TABLE IF NOT EXISTS greetings (id INT PRIMARY KEY, words VARCHAR(200) NOT NULL)');
    $insert = $database->prepare('INSERT IGNORE INTO greetings (id, words) VALUES (1, ?)');
    $insert->execute(['Hello from MariaDB']);
    return (string) $database->query('SELECT words FROM greetings WHERE id = 1')->fetchColumn();
}

function text(string $value): string
{
    return htmlspecialchars($value, ENT_QUOTES | ENT_SUBSTITUTE, 'UTF-8');
}

$title = 'The database does not answer';
$isUp = false;
try {
    $title = greeting();
    $isUp = true;
} catch (Throwable $error) {
    error_log($error->getMessage());
    http_response_code(503);
    header('Retry-After: 5');
}
header('Content-Type: text/html; charset=utf-8');
header('Cache-Control: no-store');
?>
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title><?= text($title) ?></title>
<style>
  :root { color-scheme: light dark; font: 1.1rem/1.6 system-ui, sans-serif }
  body { display: grid; place-items: center; min-height: 100vh; margin: 0; background: light-dark(#f4f1ea, #1b1d1a) }
  main { max-width: 34rem; margin: 1rem; padding: 2.5rem; border-radius: .75rem; background: light-dark(#fff, #262924);
    border-top: .4rem solid <?= $isUp ? '#4f7a3a' : '#b3402e' ?>; box-shadow: 0 .5rem 2rem #0002 }
  h1 { margin: 0 0 .5rem; font-size: 2rem; line-height: 1.2 }
  p { margin: .5rem 0 }
  dl { display: grid; grid-template-columns: auto 1fr; gap: .25rem 1rem; margin: 1.5rem 0 0 }
  dt { opacity: .65 }
  dd { margin: 0; font-family: ui-monospace, monospace }
</style>
<main>
  <h1><?= text($title) ?></h1>
<?php if ($isUp): ?>
  <p>PHP has just read these words from a table in its own database.</p>
<?php else: ?>
  <p>PHP is fine, but MariaDB can't be reached. Palisade is likely starting it: try again in a moment.</p>
<?php endif ?>
  <dl>
    <dt>Runtime</dt><dd>PHP <?= text(PHP_VERSION) ?></dd>
    <dt>Host</dt><dd><?= text($_SERVER['HTTP_HOST'] ?? '') ?></dd>
    <dt>Scheme</dt><dd><?= empty($_SERVER['HTTPS']) ? 'http' : 'https' ?></dd>
  </dl>
</main>
</html>
