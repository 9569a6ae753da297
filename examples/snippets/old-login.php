<?php
// The login interface of an old system in one file. PHP 8. Try it with: php -S localhost:8090 old-login.php

const KEY = 'yihao'; // the name of the shared secret; the secret itself is in the environment
define('SECRET', (string) getenv('OLD_LOGIN_SECRET'));

// Yours: look the account up as your own login page does, and compare the password as it does.
function account(string $identifier, string $password): ?array
{
    $users = json_decode((string) getenv('OLD_LOGIN_USERS'), true);
    $user = $users[$identifier] ?? null;
    $right = password_verify($password, $user['hash'] ?? password_hash('nobody', PASSWORD_DEFAULT));
    return $user !== null && $right ? $user : null;
}

function sign(string ...$lines): string
{
    $mac = hash_hmac('sha256', implode("\n", $lines), SECRET, true);
    return rtrim(strtr(base64_encode($mac), '+/', '-_'), '=');
}

function answer(int $status, array $content, string $nonce): never
{
    $body = json_encode($content, JSON_UNESCAPED_UNICODE);
    http_response_code($status);
    header('Content-Type: application/json');
    header('X-Yihao-Signature: ' . sign('yihao-answer-1', $nonce, (string) $status, hash('sha256', $body)));
    exit($body);
}

[$method, $path, $body] = [$_SERVER['REQUEST_METHOD'], $_SERVER['REQUEST_URI'], (string) file_get_contents('php://input')];
[$key, $time, $nonce, $signature] = array_map(
    fn (string $name) => (string) ($_SERVER['HTTP_X_YIHAO_' . $name] ?? ''),
    ['KEY', 'TIMESTAMP', 'NONCE', 'SIGNATURE'],
);
$right = sign('yihao-request-1', $method, $path, $time, $nonce, hash('sha256', $body));
// Keep each nonce for ten minutes as well (APCu, Redis, a table), and refuse one that you have seen.
if ($key !== KEY || strlen(SECRET) < 32 || !hash_equals($right, $signature) || abs(time() - (int) $time) > 300) {
    http_response_code(401);
    exit;
}
if (str_ends_with($path, '/health')) {
    answer(200, ['ok' => true], $nonce);
}
$question = json_decode($body, true);
$user = account((string) ($question['identifier'] ?? ''), (string) ($question['password'] ?? ''));
$told = $user === null ? [] : array_intersect_key($user, array_flip(['localId', 'number', 'name', 'phone']));
answer(200, $user === null ? ['outcome' => 'no'] : ['outcome' => 'yes', ...$told], $nonce);
