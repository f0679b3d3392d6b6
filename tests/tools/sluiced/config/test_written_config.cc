// What would run, written as a configuration file, is read as the same services.
#include <string>
#include <vector>

#include <criterion/criterion.h>

#include "tools/sluiced/config/config_reader.h"
#include "tools/sluiced/config/listen_reader.h"
#include "tools/sluiced/config/written_config.h"
#include "tools/sluiced/endpoints/socket_keys.h"
#include "tools/sluiced/services/service_kinds.h"

using namespace sluice;
using namespace sluice::tools::daemon;

namespace {

std::vector<ListenSpec> read(const std::string& text) {
  ConfigFaults faults;
  const auto none = [](const auto&, const auto&, auto&) { return std::vector<ConfigText>(); };
  Config config = read_config({"x.conf", text}, none, {}, faults);
  cr_assert(faults.empty(), "%s\n%s", faults.lines()[0].c_str(), text.c_str());
  return config.listen;
}

// Every value, given or not, is the same.
void expect_same(const ListenSpec& one, const ListenSpec& other) {
  cr_expect(one.kind == other.kind);
  cr_expect(one.endpoint() == other.endpoint());
  cr_expect(service_name(one) == service_name(other));
  cr_expect(one.layer == other.layer);
  for (const auto keys : {socket_keys(), kind_of(one).keys, kind_of(one).websocket_keys}) {
    for (const Key* key : keys) {
      if (key == &kNameKey || !key->applies(one.scheme(), one.speaks_websocket())) continue;
      cr_expect(one.settings.value(*key) == other.settings.value(*key), "%s",
                std::string(key->name()).c_str());
    }
  }
}

}  // namespace

Test(written_config, writes_every_default) {
  std::vector<ListenSpec> specs = {parse_listen("echo=tcp://127.0.0.1:7007,max=3", {})};
  const std::string wanted =
      "\n[[service]]\nkind = \"echo\"\nname = \"echo\"\nlisten = [\n"
      "  { endpoint = \"tcp://127.0.0.1:7007\", idle = \"off\", max = 3, "
      "connect-rate = \"off\", connect-rate-per-source = \"off\", ipv6-prefix = 64, "
      "reuse-port = false, tls = \"off\", client-cert = \"required\" },"
      "  # per-source: none, allow: all, deny: none, proxy: none, cert: none, key: in cert, sni: "
      "none, "
      "ocsp: none, client-ca: none, alpn: none\n]\n";
  cr_expect(write_services(specs) == wanted, "%s", write_services(specs).c_str());
}

Test(written_config, is_read_as_the_same_services) {
  std::vector<ListenSpec> specs;
  for (const char* text :
       {"echo=tcp://*:7,idle=30s,max=5,per-source=2,reuse-port=on,allow=127.0.0.0/8 ::1",
        "echo=unix:///tmp/x\n,mode=0660",
        "greet=tcp://127.0.0.1:1,text=Hello\\, \"\\\\ \\r\\n\x7f world",
        "framed=udp://[::1]:9,reply=upper",
        "upper=tls://127.0.0.1:4,cert=/c,key=/k,sni=/a:/b /d,alpn=x y,client-ca=/ca",
        "framed=tcp://127.0.0.1:9,framing=line,max-message=100,strict=off",
        "chat=tcp://127.0.0.1:2,rate=off,slow=drop,greeting=Hi,name=house",
        "broadcast=udp://*:3,announce=1m,interface=lo,control=/tmp/c,answers=9"}) {
    specs.push_back(parse_listen(text, {}));
    specs.back().service = specs.size();
  }
  specs.push_back(
      parse_listen("chat=unix:///tmp/house,rate=off,slow=drop,greeting=Hi,name=house", {}));
  specs.back().service = 7;  // another door of the same house
  std::swap(specs[7], specs[8]);
  const std::string text = write_services(specs);
  const std::vector<ListenSpec> again = read(text);
  cr_assert(again.size() == specs.size(), "%s", text.c_str());
  for (std::size_t i = 0; i < specs.size(); ++i) expect_same(again[i], specs[i]);
  cr_expect(again[6].service == again[7].service && again[7].service != again[8].service);
  cr_expect(write_services(again) == text);
}

Test(written_config, writes_the_keys_of_websockets) {
  std::vector<ListenSpec> specs;
  for (const char* text : {"relay=ws://127.0.0.1:4,origin=* https://a,max-message=9,name=messages",
                           "framed=ws+unix:///tmp/w,ping=off,max-message=99"}) {
    specs.push_back(parse_listen(text, {}));
    specs.back().service = specs.size();
  }
  const std::vector<ListenSpec> again = read(write_services(specs));
  cr_assert(again.size() == specs.size());
  for (std::size_t i = 0; i < specs.size(); ++i) expect_same(again[i], specs[i]);
}

Test(written_config, a_string_has_no_byte_that_toml_does_not_allow) {
  cr_expect(toml_string("a\"b\\c\n\x01\xff\xc3\xa4") ==
            "\"a\\\"b\\\\c\\u000A\\u0001\\uFFFD\xc3\xa4\"");
}

// Of a message over WebSocket it is another one, and a worker reads what its parent has written.
Test(written_config, a_default_that_depends_on_what_is_spoken_stays_a_default) {
  const std::vector<ListenSpec> specs = {parse_listen("framed=ws://127.0.0.1:1", {}),
                                         parse_listen("framed=tcp://127.0.0.1:2", {}),
                                         parse_listen("relay=ws://127.0.0.1:3,house=a", {})};
  for (const ListenSpec& spec : read(write_services(specs))) {
    for (const char* name : {"message-timeout", "max-message"}) {
      const Key* const key = find_key(kind_of(spec), name);
      cr_expect(key == nullptr || !spec.settings.has(*key), "%s", name);
    }
  }
}
