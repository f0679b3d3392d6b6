#include "options.h"

#include <array>
#include <string_view>
#include <variant>

#include "../../protocols/codec/codec_registry.h"
#include "../../protocols/http/http_fields.h"
#include "../../reactor/base/text/quote.h"
#include "../../reactor/base/version.h"
#include "../../reactor/loop/idle_list.h"
#include "../common/duration.h"
#include "../common/number.h"
#include "../common/usage_error.h"
#include "endpoint_reader.h"
#include "endpoint_words.h"
#include "option_checks.h"
#include "tls_options.h"

namespace sluice::tools::talk {
namespace {

// Where the end of the input cannot be sent by itself.
constexpr std::chrono::milliseconds kDefaultWait{1000};
constexpr std::size_t kMaxSubprotocol = 255;

constexpr std::array kOptions = {
    OptionSpec{"framing", 0, "NAME", "how messages are separated (line; over UDP none)"},
    OptionSpec{"send", 0, "TEXT", "send TEXT instead of the input; repeatable", true},
    OptionSpec{"expect", 0, "COUNT", "exit with 0 after COUNT messages"},
    OptionSpec{"timeout", 0, "DURATION", "limit on connecting and on silence (off)"},
    OptionSpec{"wait", 0, "DURATION", "keep receiving after the input ends (off; UDP 1s)"},
    OptionSpec{"interval", 0, "DURATION", "the least time between two messages (0)"},
    OptionSpec{"keep-open", 0, "", "stream: no half-close at the end of the input"},
    OptionSpec{"reconnect", 0, "", "stream: connect again when the connection is lost"},
    OptionSpec{"listen", 'l', "", "accept one connection at ENDPOINT; UDP: receive"},
    OptionSpec{"keep-listening", 'k', "", "with --listen: then accept the next one"},
    OptionSpec{"receive-only", 0, "", "stream: do not read the input"},
    OptionSpec{"ipv4", '4', "", "use only IPv4 addresses of HOST"},
    OptionSpec{"ipv6", '6', "", "use only IPv6 addresses of HOST"},
    OptionSpec{"broadcast", 0, "", "UDP: ENDPOINT may be a broadcast address"},
    OptionSpec{"bind", 0, "ENDPOINT", "the local address"},
    OptionSpec{"join", 0, "GROUP[%INTERFACE]", "UDP: join a multicast group; repeatable", true},
    OptionSpec{"starttls", 0, "PROTOCOL", "smtp, imap, pop3 or xmpp, and then TLS"},
    OptionSpec{"ca", 0, "FILE", "TLS: the roots to trust, PEM (the system's)"},
    OptionSpec{"sni", 0, "NAME", "TLS: the server's name, if not HOST"},
    OptionSpec{"alpn", 0, "NAME", "TLS: offer a protocol; repeatable, best first", true},
    OptionSpec{"cert", 0, "FILE", "TLS: the own certificate and its chain, PEM"},
    OptionSpec{"key", 0, "FILE", "TLS: its key, PEM (in the file of --cert)"},
    OptionSpec{"insecure-no-verify", 0, "", "TLS: accept any certificate from anybody"},
    OptionSpec{"subprotocol", 0, "NAME", "WebSocket: offer one; repeatable, best first", true},
    OptionSpec{"deflate", 0, "", "WebSocket: offer to compress messages"},
    OptionSpec{"proxy-protocol", 0, "v1|v2", "stream: send a PROXY header first (v1)", false, true},
    OptionSpec{"proxy", 0, "URL", "TCP: through socks5://HOST:PORT or http://...", false, false,
               true},
    OptionSpec{"proxy-password-file", 0, "FILE", "the password for --proxy, its first line"},
    OptionSpec{"crlf", 0, "", "end the lines that are sent with CR LF"},
    OptionSpec{"hex", 0, "", "print messages as hex dumps"},
    OptionSpec{"json", 0, "", "print each message as a JSON object"},
    OptionSpec{"verbose", 'v', "", "report events on the standard error"},
    OptionSpec{"backend", 0, "auto|epoll|poll|select", "event backend (auto)"},
    OptionSpec{"help", 0, "", "print this help and exit"},
    OptionSpec{"version", 0, "", "print the version and exit"},
};

std::string help_text() {
  std::string text =
      "Usage: sluice-talk [OPTION]... ENDPOINT\n"
      "       sluice-talk [OPTION]... HOST PORT\n"
      "Sends each line of the standard input to ENDPOINT and prints each answer.\n"
      "\nOptions:\n" +
      help_of(kOptions) + "\nEndpoints:\n" +
      help_row("[tcp://]HOST:PORT, udp://HOST:PORT", "HOST: a name, a.b.c.d or [IPv6]") +
      help_row("tls://HOST:PORT", "TLS over TCP") +
      help_row("ws://HOST[:PORT][/PATH], wss://...", "WebSocket (80), and over TLS (443)") +
      help_row("unix://PATH", "a Unix stream socket") +
      "  PORT is a number or the name of a service.\n" + "\nFramings:\n";
  for (const CodecFamily& family : codec_families()) {
    text += help_row(family.form, family.summary);
  }
  return text + help_row("none", "unchanged bytes; over UDP, a datagram is a message") +
         "\nA DURATION is 500ms, 30s, 5m, 2h or 1d.\n"
         "See sluice-talk(1).\n";
}

MulticastGroup parse_group(std::string_view text) {
  const std::size_t percent = text.find('%');
  const auto address = Address::from_ip(text.substr(0, percent), 0);
  MulticastGroup group;
  if (address) group.address = *address;
  if (percent != text.npos) group.interface = text.substr(percent + 1);
  if (!group.address.is_multicast() || (percent != text.npos && group.interface.empty())) {
    throw UsageError(
        "group " + quote(text) +
        " is not a multicast address; allowed: 224.0.0.0-239.255.255.255 and ff00::/8, "
        "with or without %INTERFACE");
  }
  return group;
}

Endpoint parse_bind(std::string_view text, const Target& target) {
  if (target.scheme() == Scheme::unix_stream) {
    throw UsageError("valid only over tcp and udp");
  }
  std::string whole(text);
  const std::string scheme = std::string(to_string(target.scheme())) + "://";
  if (whole.find("://") == whole.npos) whole = scheme + whole;
  auto parsed = Endpoint::parse(whole);
  if (const auto* wrong = std::get_if<EndpointError>(&parsed)) throw UsageError(wrong->message);
  const Endpoint endpoint = std::get<Endpoint>(std::move(parsed));
  if (endpoint.scheme() != target.scheme()) {
    throw UsageError("the scheme is not that of ENDPOINT; allowed: " + scheme + "HOST:PORT");
  }
  return endpoint;
}

void check_listening(const TalkOptions& options, const CommandLine& line) {
  refuse_if(options.keep_listening && !options.accepts(),
            "--keep-listening: valid only with --listen, and not with udp://");
  refuse_if(line.has("receive-only") && options.over_udp(),
            "--receive-only: not valid with udp://, for which it is --listen");
  const char* const silent = line.has("receive-only") ? "--receive-only" : "--listen";
  refuse_if(
      options.receive_only && line.has("send"),
      std::string("--send and ") + silent + " cannot be combined: " + silent + " sends nothing");
  if (!options.listen) return;
  refuse_if(options.websocket.has_value(), "--listen: not valid with ws:// and wss://");
  line.refuse_both("listen", "reconnect");
  line.refuse_both("listen", "proxy");
  line.refuse_both("listen", "proxy-protocol");
  refuse_if(options.bind.has_value(),
            "--bind and --listen cannot be combined: --listen binds to ENDPOINT");
  refuse_if(options.broadcast,
            "--broadcast and --listen cannot be combined: --listen sends nothing");
}

// What is each right by itself, and not together.
void check(const TalkOptions& options, const CommandLine& line) {
  const Target& target = options.target;
  line.refuse_both("hex", "json");
  check_listening(options, line);
  for (const char* name : {"broadcast", "join"}) {
    refuse_if(line.has(name) && !options.over_udp(),
              "--" + std::string(name) + ": valid only with udp://");
  }
  refuse_if(options.proxy_header && options.over_udp(), "--proxy-protocol: not valid with udp://");
  for (const char* name : {"keep-open", "reconnect"}) {
    refuse_if(line.has(name) && options.over_udp(),
              "--" + std::string(name) + ": not valid with udp://");
  }
  refuse_if(options.reconnect && line.has("send"),
            "--reconnect and --send cannot be combined: --reconnect sends the input");
  const bool is_raw_stream = !Wire(options.wire).has_messages();
  refuse_if(options.interval.count() > 0 && is_raw_stream,
            "--interval: not valid with framing none over a stream, which has no messages");
  refuse_if(target.endpoint && target.endpoint->any_family() && !options.listen,
            quote(target.text) + ": host * is valid only with --listen");
  const bool lines =
      options.wire.framing == "line" || (options.wire.framing == "none" && options.over_udp());
  refuse_if(options.wire.crlf && !lines,
            "--crlf: valid only with framing line, and with none over UDP");
  refuse_if(options.expect && is_raw_stream,
            "--expect: not valid with framing none over a stream, which has no messages");
}

void read_values(TalkOptions& options, const CommandLine& line) {
  line.each("expect",
            [&](std::string_view value) { options.expect = parse_count("count", value); });
  line.each("timeout", [&](std::string_view value) {
    options.timeout = parse_timeout("duration", value, IdleList::kMaxTimeout);
  });
  line.each("interval",
            [&](std::string_view value) { options.interval = parse_duration("duration", value); });
  line.each("bind",
            [&](std::string_view value) { options.bind = parse_bind(value, options.target); });
  line.each("join", [&](std::string_view value) { options.join.push_back(parse_group(value)); });
  line.each("backend", [&](std::string_view value) { options.loop.backend = backend_from(value); });
  line.each("proxy-protocol", [&](std::string_view value) {
    if (!value.empty() && value != "v1" && value != "v2") {
      throw UsageError("version " + quote(value) + " is not v1 or v2");
    }
    options.proxy_header = value == "v2" ? ProxyVersion::v2 : ProxyVersion::v1;
  });
  options.wire.framing = options.over_udp() ? "none" : "line";
  options.wire.datagrams = options.over_udp();
  line.each("framing", [&](std::string_view value) {
    options.wire.framing = value;
    (void)Wire(options.wire);
  });
  options.wire.crlf = line.has("crlf");

  // With both of these it is said already when to end.
  const bool bounded = options.expect && options.timeout.count() > 0;
  if (options.over_udp() && !options.receive_only && !bounded) options.wait = kDefaultWait;
  const bool closes = !options.receive_only && !options.expect && !options.keep_open;
  if (options.websocket && closes) options.wait = kDefaultWait;
  line.each("wait", [&](std::string_view value) { options.wait = parse_wait("duration", value); });
}

void read_websocket(TalkOptions& options, const CommandLine& line) {
  for (const char* name : {"subprotocol", "deflate"}) {
    refuse_if(line.has(name) && !options.websocket,
              "--" + std::string(name) + ": valid only with ws:// and wss://");
  }
  if (!options.websocket) return;
  WebSocketSettings& websocket = *options.websocket;
  for (const char* name : {"framing", "crlf"}) {
    refuse_if(line.has(name),
              "--" + std::string(name) + ": not valid with ws:// and wss://, which have messages");
  }
  options.wire = {};
  options.wire.framing = "none";
  options.wire.websocket = true;
  websocket.deflate = line.has("deflate");
  line.each("subprotocol", [&websocket](std::string_view value) {
    if (!is_http_token(value)) {
      throw UsageError("name " + quote(value) +
                       " is not one; allowed: letters, digits and !#$%&'*+-.^_`|~");
    }
    websocket.subprotocols.push_back(checked_text(value, kMaxSubprotocol));
  });
}

// A numeric host of the other family, and a Unix socket, could never be reached. "*" becomes the
// wildcard of the one family.
void read_family(TalkOptions& options, const CommandLine& line) {
  line.refuse_both("ipv4", "ipv6");
  if (line.has("ipv4")) options.family = AF_INET;
  if (line.has("ipv6")) options.family = AF_INET6;
  const Target& first = options.tunnel ? options.tunnel->proxy : options.target;
  const std::optional<Endpoint>& endpoint = first.endpoint;
  if (options.family == AF_UNSPEC || !endpoint) return;
  if (endpoint->any_family()) {
    if (!line.has("listen")) return;  // check() rejects it
    const Address any = Address::any(options.family, endpoint->address().port());
    options.target.endpoint.emplace(endpoint->scheme(), any);
    return;
  }
  refuse_if(endpoint->address().family() != options.family,
            line.spelled(options.family == AF_INET ? "ipv4" : "ipv6") + ": " + quote(first.text) +
                " has no such address");
}

}  // namespace

std::span<const OptionSpec> talk_option_table() noexcept { return kOptions; }

TalkOptions parse_talk_options(int argc, const char* const* argv) {
  const CommandLine line(kOptions, argc, argv);
  TalkOptions options;
  options.answer = line.answer("sluice-talk " SLUICE_VERSION_STRING, help_text);
  if (!options.answer.empty()) return options;

  const auto& operands = line.operands();
  refuse_if(operands.empty(),
            "the ENDPOINT is missing; allowed: [tcp://]HOST:PORT, tls://HOST:PORT, "
            "udp://HOST:PORT, unix://PATH, ws://HOST[:PORT][/PATH] and wss://...");
  TalkEndpoint endpoint = read_talk_endpoint(endpoint_of_words(operands, &ServiceNames::of_host),
                                             line.has("listen") ? 0 : 1);
  read_tls_options(endpoint, line);
  options.target = std::move(endpoint.target);
  options.tls = std::move(endpoint.tls);
  options.websocket = std::move(endpoint.websocket);
  options.tunnel = read_tunnel(options.target, line);
  read_family(options, line);
  options.listen = line.has("listen");
  options.keep_listening = line.has("keep-listening");
  options.receive_only = line.has("receive-only") || (options.listen && options.over_udp());
  options.keep_open = line.has("keep-open");
  options.reconnect = line.has("reconnect");
  options.broadcast = line.has("broadcast");
  options.verbose = line.has("verbose");
  if (line.has("hex")) options.format = PrintFormat::hex;
  if (line.has("json")) options.format = PrintFormat::json;
  read_values(options, line);
  read_websocket(options, line);
  check(options, line);

  Wire wire(options.wire);
  line.each("send", [&](std::string_view value) {
    std::string encoded;
    const std::string why = wire.encode(value, encoded);
    if (!why.empty()) throw UsageError(why);
    options.send.emplace_back(value);
  });
  return options;
}

}  // namespace sluice::tools::talk
