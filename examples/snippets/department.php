<?php
// A department's website in one file: sign in, sign out, back-channel logout. PHP 8 with curl and openssl.
// Try it with: php -S localhost:8080 department.php

define('ISSUER', getenv('YIHAO_ISSUER') ?: 'http://localhost:3000');
define('CLIENT_ID', getenv('CLIENT_ID'));
define('CLIENT_SECRET', getenv('CLIENT_SECRET'));
define('ORIGIN', 'http://localhost:' . (getenv('PORT') ?: '8080'));
const EVENT = 'http://schemas.openid.net/event/backchannel-logout';
const P256_PREFIX = '3059301306072a8648ce3d020106082a8648ce3d03010703420004';
const CLOCK = 30; // seconds by which clocks may differ

function call(string $url, ?array $form = null, array $headers = []): array
{
    $curl = curl_init($url);
    curl_setopt_array($curl, [CURLOPT_RETURNTRANSFER => true, CURLOPT_TIMEOUT => 10, CURLOPT_HTTPHEADER => $headers]);
    if ($form !== null) {
        curl_setopt($curl, CURLOPT_POSTFIELDS, http_build_query($form));
    }
    $answer = json_decode((string) curl_exec($curl), true);
    if (curl_getinfo($curl, CURLINFO_HTTP_CODE) !== 200 || !is_array($answer)) {
        throw new RuntimeException($answer['error'] ?? 'Yihao cannot be reached');
    }
    return $answer;
}

// In production keep this answer and the key set for five minutes, as their Cache-Control says.
function yihao(string $name): string
{
    static $metadata = null;
    $metadata ??= call(ISSUER . '/.well-known/openid-configuration');
    return $metadata[$name];
}

function decode(string $text): string
{
    return (string) base64_decode(strtr($text, '-_', '+/'), true);
}

function encode(string $data): string
{
    return rtrim(strtr(base64_encode($data), '+/', '-_'), '=');
}

function must(bool $right, string $what): void
{
    if (!$right) {
        throw new RuntimeException($what);
    }
}

function der_integer(string $bytes): string
{
    $bytes = ltrim($bytes, "\0");
    if ($bytes === '' || ord($bytes[0]) > 0x7f) {
        $bytes = "\0" . $bytes;
    }
    return "\x02" . chr(strlen($bytes)) . $bytes;
}

/** The claims of an ID Token or logout token signed with ES256; throws when it must not be believed. */
function read_token(string $token, string $kind): array
{
    $parts = explode('.', $token);
    must(count($parts) === 3, 'no signed token');
    [$header, $claims] = [json_decode(decode($parts[0]), true), json_decode(decode($parts[1]), true)];
    must(is_array($header) && is_array($claims) && ($header['alg'] ?? '') === 'ES256', 'another kind of token');
    must($kind !== 'logout' || ($header['typ'] ?? '') === 'logout+jwt', 'another kind of token');
    $signature = decode($parts[2]);
    must(strlen($signature) === 64, 'signature');
    $both = der_integer(substr($signature, 0, 32)) . der_integer(substr($signature, 32));
    $checked = false;
    foreach (call(yihao('jwks_uri'))['keys'] as $key) {
        if ($key['kid'] === ($header['kid'] ?? '') && $key['kty'] === 'EC') {
            $public = hex2bin(P256_PREFIX) . decode($key['x']) . decode($key['y']);
            $pem = "-----BEGIN PUBLIC KEY-----\n" . base64_encode($public) . "\n-----END PUBLIC KEY-----\n";
            $der = "\x30" . chr(strlen($both)) . $both;
            $checked = openssl_verify("$parts[0].$parts[1]", $der, $pem, OPENSSL_ALGO_SHA256) === 1;
        }
    }
    must($checked, 'signature');
    must(($claims['iss'] ?? '') === ISSUER && ($claims['aud'] ?? '') === CLIENT_ID, 'iss or aud');
    must($claims['exp'] + CLOCK >= time() && $claims['iat'] - CLOCK <= time(), 'time');
    return $claims;
}

function redirect(string $to): void
{
    header('Cache-Control: no-store');
    header("Location: $to", true, 303);
}

function sign_in(): void
{
    [$state, $nonce, $verifier] = [encode(random_bytes(32)), encode(random_bytes(32)), encode(random_bytes(32))];
    // By state, because a person may begin in two tabs; the last ten.
    $attempts = ($_SESSION['attempts'] ?? []) + [$state => ['nonce' => $nonce, 'verifier' => $verifier]];
    $_SESSION['attempts'] = array_slice($attempts, -10, null, true);
    redirect(yihao('authorization_endpoint') . '?' . http_build_query([
        'client_id' => CLIENT_ID,
        'response_type' => 'code',
        'redirect_uri' => ORIGIN . '/callback',
        'scope' => 'openid profile phone',
        'state' => $state,
        'nonce' => $nonce,
        'code_challenge' => encode(hash('sha256', $verifier, true)),
        'code_challenge_method' => 'S256',
        'acr_values' => 'urn:yihao:acr:1:ial3:aal1',
    ]));
}

function finish_sign_in(): void
{
    $state = $_GET['state'] ?? '';
    $attempt = $_SESSION['attempts'][$state] ?? null;
    unset($_SESSION['attempts'][$state]);
    must(is_array($attempt), 'no such sign-in was begun in this browser');
    must(($_GET['iss'] ?? '') === ISSUER, 'iss');
    must(!isset($_GET['error']), $_GET['error'] ?? '');
    $basic = base64_encode(rawurlencode(CLIENT_ID) . ':' . rawurlencode(CLIENT_SECRET));
    $tokens = call(yihao('token_endpoint'), [
        'grant_type' => 'authorization_code',
        'code' => $_GET['code'],
        'redirect_uri' => ORIGIN . '/callback',
        'code_verifier' => $attempt['verifier'],
    ], ["Authorization: Basic $basic"]);
    $claims = read_token($tokens['id_token'], 'id');
    must(($claims['nonce'] ?? '') === $attempt['nonce'], 'nonce');
    $about = call(yihao('userinfo_endpoint'), null, ["Authorization: Bearer {$tokens['access_token']}"]);
    must($about['sub'] === $claims['sub'], 'sub');
    session_regenerate_id(true); // a new session id, so that nobody can plant one beforehand
    $_SESSION['visitor'] = ['id_token' => $tokens['id_token'], 'claims' => $about + ['acr' => $claims['acr']]];
    // So that the back channel finds the session; a real website keeps this in its database.
    file_put_contents(sid_file($claims['sid']), session_id());
    redirect('/');
}

function sid_file(string $sid): string
{
    return session_save_path() . '/sid_' . hash('sha256', $sid);
}

function sign_out(): void
{
    $visitor = $_SESSION['visitor'] ?? null;
    session_destroy();
    redirect($visitor === null ? '/' : yihao('end_session_endpoint') . '?' . http_build_query([
        'id_token_hint' => $visitor['id_token'],
        'post_logout_redirect_uri' => ORIGIN . '/signed-out',
    ]));
}

function end_by_back_channel(): void
{
    $claims = read_token($_POST['logout_token'] ?? '', 'logout');
    must(is_array($claims['events'][EVENT] ?? null) && !isset($claims['nonce']), 'no logout token');
    $file = sid_file($claims['sid']);
    if (is_file($file)) {
        session_id((string) file_get_contents($file));
        session_start(['use_cookies' => false]);
        session_destroy();
        unlink($file);
    }
}

try {
    $path = parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH);
    $posted = $_SERVER['REQUEST_METHOD'] === 'POST';
    if ($posted && $path === '/backchannel-logout') {
        end_by_back_channel();
        return;
    }
    // On https add 'cookie_secure' => true.
    session_start(['cookie_httponly' => true, 'cookie_samesite' => 'Lax', 'use_strict_mode' => true]);
    if ($path === '/login') {
        sign_in();
    } elseif ($path === '/callback') {
        finish_sign_in();
    } elseif ($posted && $path === '/logout') {
        sign_out();
    } else {
        header('Content-Type: text/plain; charset=utf-8');
        $claims = $_SESSION['visitor']['claims'] ?? null;
        echo $claims === null ? 'not signed in' : json_encode($claims, JSON_UNESCAPED_UNICODE);
    }
} catch (Throwable $error) {
    http_response_code(400);
    header('Content-Type: text/plain; charset=utf-8');
    echo $error->getMessage();
}
