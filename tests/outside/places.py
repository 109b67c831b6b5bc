"""Addresses that are inside, that anybody may mean, and that lead nowhere: for everything that takes one from people."""

INSIDE = [
    "0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "100.100.100.200", "127.0.0.1", "127.255.0.3", "168.63.129.16",
    "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.192", "192.0.0.9", "192.0.2.1", "192.88.99.1",
    "192.168.1.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.1.1.1", "240.0.0.1",
    "255.255.255.255", "::", "::1", "::7f00:1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254",
    "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::7f00:1", "100::1", "2001::1", "2001:db8::1", "2001:10::1",
    "2001:0:7f00:1::1", "2002:7f00:1::", "2002:a9fe:a9fe::1", "2002:a00:1::", "3fff::1", "5f00::1", "fc00::1",
    "fd00:ec2::254", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1", "2a00::5efe:127.0.0.1", "2a00::200:5efe:a00:1",
    "localhost", "", "1", "127.1", "0x7f.0.0.1",
]  # fmt: skip
OUTSIDE = [
    "93.184.215.14",
    "1.1.1.1",
    "2606:2800:21f:cb07::1",
    "::ffff:1.1.1.1",
    "64:ff9b::101:101",
    "2002:101:101::1",
]
NOWHERE = [
    "http://localhost/", "http://localhost./", "http://LOCALHOST", "http://a.localhost/", "http://printer/",
    "http://nas.local/", "http://metadata.google.internal/", "http://router.lan", "http://1.0.0.127.in-addr.arpa",
    "http://127.0.0.1/", "http://127.0.0.1./", "http://127.1/", "http://127.0.1/", "http://0/", "http://0.0.0.0/",
    "http://2130706433/", "http://0x7f000001/", "http://0x7f.0.0.1/", "http://0X7F.1/", "http://017700000001/",
    "http://0177.0.0.1/", "http://127.0.0.01/", "http://127.0.0.0x1/", "http://00000177.1/", "http://4294967297/",
    "http://①②⑦.⓪.⓪.①/", "http://127。0。0。1/", "http://１２７.0.0.1/", "http://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ/", "http://lOcALhoSt%00.example.org/",
    "http://[::1]/", "http://[::]/", "http://[::ffff:127.0.0.1]/", "http://[0:0:0:0:0:ffff:7f00:1]/",
    "http://[64:ff9b::7f00:1]/", "http://[2002:7f00:1::]/", "http://[2001:0:7f00:1::]/", "http://[fe80::1%25lo]/",
    "http://[fe80::1%lo]/", "http://[fec0::1]", "http://[fd00:ec2::254]/", "http://[::127.0.0.1]/", "http://[v1.x]/",
    "http://169.254.169.254/latest/meta-data/", "http://100.64.0.1/", "http://192.168.0.1/", "http://10.1/",
    "http://user@example.org/", "http://user:word@example.org/", "http://@example.org/", "http://example.org@127.0.0.1/",
    "http://127.0.0.1#@example.org/", "http://127.0.0.1\\@example.org/", "http://example.org\\@127.0.0.1/",
    "http://example.org:22/", "http://example.org:25/", "http://example.org:6379/", "http://example.org:11211/",
    "http://example.org:8080/", "https://example.org:80/", "http://example.org:443/", "http://example.org:0/",
    "http://example.org:99999/", "http://example.org:x/", "gopher://example.org/", "file:///etc/passwd", "file://example.org/x",
    "ftp://example.org/", "data:text/html,x", "javascript:alert(1)", "//example.org/", "example.org", "", "http://", "http:///x",
    "https://?x", "http://ex ample.org/", "http://example.org/a b", "http://example.org/\r\nX: y", "http://-example.org/",
    "http://example..org/", "http://.org/", "http://..", "http://[::1", "http://::1/", "http://" + "a" * 300 + ".org/",
    "http://example.org/" + "x" * 2_100, "http://xn--a.org./\u202e\ud800", "http://ex%61mple.org/", "http://a.b.1/", "http://a.0x/",
]  # fmt: skip
