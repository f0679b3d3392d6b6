#!/usr/bin/env python3
"""sluice-scan --tls with servers of the openssl command: what they show is in each listing, and
ports that speak no TLS hold nobody up."""
import xml.etree.ElementTree

import certificates
import daemon
import scan as client
from scan import Listeners, saying, scan
from talk import needs

HERE = "127.0.0.1"


@needs("openssl")
class Tls(daemon.InDirectory):
    def setUp(self):
        super().setUp()
        self.root = certificates.Authority(self.directory)

    def serve(self, name="server", **more):
        cert, key = self.root.sign(name, **more)
        return certificates.s_server("-cert", cert, "-key", key, "-rev")

    def test_version_cipher_and_certificate_of_those_that_speak_it(self):
        with self.serve() as first, saying(b"220 hello\r\n") as plain:
            port = int(first.rpartition(":")[2])
            ports, summary = scan("-n", "--json", "--tls=20s", "-p", f"{port},{plain}",
                                  HERE).objects()
            self.assertEqual(summary["open"], 2)
            self.assertEqual(list(ports[0])[-1], "tls")
            found = {each["port"]: each["tls"] for each in ports}
            self.assertIsNone(found[plain])
            tls = found[port]
            self.assertEqual((tls["version"], tls["cipher"], tls["subject"], tls["names"]),
                             ("TLSv1.3", "TLS_AES_128_GCM_SHA256", "CN=server",
                              ["localhost", "127.0.0.1"]))
            self.assertRegex(tls["not_after"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000Z$")

    def test_an_expired_certificate_of_another_name_is_listed_all_the_same(self):
        file = str(self.directory / "scan.xml")
        with self.serve("old", names="DNS:old.example", days=-1) as server:
            port = server.rpartition(":")[2]
            table = scan("-n", "--tls=20s", "-p", port, "--xml", file, HERE)
        row = next(line for line in table.lines if line.startswith(port))
        self.assertRegex(row, r"TLSv1\.3 TLS_\w+, CN=old \(old\.example\), until \d{4}-\d\d-\d\d$")
        self.assertRegex(table.lines[1], "PORT +STATE +SERVICE +RTT +TLS$")
        script = xml.etree.ElementTree.parse(file).getroot().find(".//script[@id='tls']")
        self.assertEqual(script.find("elem[@key='subject']").text, "CN=old")
        self.assertEqual([each.text for each in script.findall("table/elem")], ["old.example"])

    def test_the_name_of_the_target_is_asked_for(self):
        cert, key = self.root.sign("named", "DNS:localhost", rsa=True)
        other, other_key = self.root.sign("other", "DNS:other.example")
        with certificates.s_server("-cert", other, "-key", other_key, "-servername", "localhost",
                                   "-cert2", cert, "-key2", key, "-rev") as server:
            port = server.rpartition(":")[2]
            for target, subject in (("localhost", "CN=named"), (HERE, "CN=other")):
                ports, _ = scan("-4", "-n", "--json", "--tls=20s", "-p", port,
                                target).objects()
                self.assertEqual(ports[0]["tls"]["subject"], subject)

    def test_many_at_once_and_peers_that_say_nothing(self):
        with Listeners(200) as silent:
            ports, summary = scan("-n", "--json", "--tls=300ms", "-p",
                                  ",".join(map(str, silent.ports)), HERE).objects()
        self.assertEqual(summary["open"], 200)
        self.assertEqual({each["tls"] for each in ports}, {None})


if __name__ == "__main__":
    client.main()
