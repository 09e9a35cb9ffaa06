"""Lines of access logs."""

from datetime import UTC, datetime

from feedsvc.audience.store import DAY

START = 20_000 * DAY + 3600
READER = "NetNewsWire (RSS Reader; https://netnewswire.com/)"


def combined(
    after: int = 0,
    target: str = "/feeds/all.rss",
    status: int = 200,
    agent: str = READER,
    address: str = "192.0.2.1",
    referrer: str = "-",
    method: str = "GET",
) -> bytes:
    time = f"{datetime.fromtimestamp(START + after, UTC):%d/%b/%Y:%H:%M:%S} +0000"
    size = 1000 if status == 200 else 0
    request = f'"{method} {target} HTTP/1.1" {status} {size} "{referrer}" "{agent}"'
    return f"{address} - - [{time}] {request}\n".encode()


ISO = datetime.fromtimestamp(START, UTC).isoformat()
JSON: dict[str, dict[str, object]] = {
    "fastly": {
        "timestamp": ISO.replace("+00:00", "Z"),
        "client_ip": "192.0.2.1",
        "host": "news.example.org",
        "url": "/feeds/all.rss?a=b",
        "request_method": "GET",
        "request_referer": "",
        "request_user_agent": READER,
        "response_status": 200,
        "response_body_size": 1000,
    },
    "cloudfront": {
        "date": ISO[:10],
        "time": ISO[11:19],
        "c-ip": "192.0.2.1",
        "cs-method": "GET",
        "cs-uri-stem": "/feeds/all.rss",
        "cs-uri-query": "a=b",
        "sc-status": "200",
        "sc-bytes": "1000",
        "cs(Referer)": "-",
        "cs(User-Agent)": READER,
    },
    "cloudflare": {
        "ClientIP": "192.0.2.1",
        "ClientRequestMethod": "GET",
        "ClientRequestURI": "/feeds/all.rss?a=b",
        "ClientRequestUserAgent": READER,
        "EdgeResponseBytes": 1000,
        "EdgeResponseStatus": 200,
        "EdgeStartTimestamp": START * 10**9,
    },
    "caddy": {
        "ts": START + 0.25,
        "request": {
            "client_ip": "192.0.2.1",
            "method": "GET",
            "uri": "/feeds/all.rss?a=b",
            "headers": {"User-Agent": [READER]},
        },
        "status": 200,
        "size": 1000,
    },
    "nginx": {
        "time_local": f"{datetime.fromtimestamp(START, UTC):%d/%b/%Y:%H:%M:%S} +0000",
        "remote_addr": "192.0.2.1",
        "request_uri": "/feeds/all.rss?a=b",
        "request_method": "GET",
        "status": "200",
        "body_bytes_sent": "1000",
        "http_user_agent": READER,
        "http_referer": "-",
    },
}
