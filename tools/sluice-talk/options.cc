#include "options.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <variant>

#include "../../protocols/codec/codec_registry.h"
#include "../../reactor/base/quote.h"
#include "../../reactor/base/version.h"
#include "../common/duration.h"
#include "../common/number.h"
#include "../common/usage_error.h"

namespace sluice::tools::talk {
namespace {

constexpr std::chrono::milliseconds kDatagramWait{1000};

constexpr std::array kOptions = {
    OptionSpec{"framing", 0, "NAME", "how messages are cut (line; over UDP none)"},
    OptionSpec{"send", 0, "TEXT", "send TEXT, and no standard input; repeatable", true},
    OptionSpec{"expect", 0, "COUNT", "end well after COUNT messages"},
    OptionSpec{"timeout", 0, "DURATION", "for connecting, and for silence (off)"},
    OptionSpec{"wait", 0, "DURATION", "listen on after the input's end (off; UDP 1s)"},
    OptionSpec{"listen", 0, "", "receive only; over UDP at ENDPOINT itself"},
    OptionSpec{"broadcast", 0, "", "UDP: ENDPOINT may be a broadcast address"},
    OptionSpec{"bind", 0, "ENDPOINT", "the local address"},
    OptionSpec{"join", 0, "GROUP[%INTERFACE]", "UDP: hear a multicast group; repeatable", true},
    OptionSpec{"crlf", 0, "", "end lines that are sent in CR LF"},
    OptionSpec{"hex", 0, "", "print messages as bytes"},
    OptionSpec{"json", 0, "", "print each message as a JSON object"},
    OptionSpec{"verbose", 'v', "", "say on the standard error what happens"},
    OptionSpec{"backend", 0, "auto|epoll|poll|select", "how to wait for events (auto)"},
    OptionSpec{"help", 0, "", "write this and exit"},
    OptionSpec{"version", 0, "", "write the version and exit"},
};

std::string help_text() {
  std::string text =
      "Usage: sluice-talk [OPTION]... ENDPOINT\n"
      "Sends the lines of the standard input to ENDPOINT, and prints what comes back.\n"
      "\nOptions:\n" +
      help_of(kOptions) +
      "\nEndpoints:\n"
      "  [tcp://]HOST:PORT, udp://HOST:PORT        HOST: a name, a.b.c.d or [IPv6]\n"
      "  unix://PATH                               a stream socket\n"
      "\nFramings:\n";
  for (const CodecFamily& family : codec_families()) {
    std::string row = "  " + std::string(family.form);
    row.resize(std::max<std::size_t>(row.size() + 1, 44), ' ');
    text += row + std::string(family.summary) + '\n';
  }
  return text +
         "  none                                      bytes as they come; a datagram a message\n"
         "\nA DURATION is 500ms, 30s, 5m, 2h or 1d.\n"
         "More in sluice-talk(1).\n";
}

MulticastGroup parse_group(std::string_view text) {
  const std::size_t percent = text.find('%');
  const auto address = Address::from_ip(text.substr(0, percent), 0);
  MulticastGroup group;
  if (address) group.address = *address;
  if (percent != text.npos) group.interface = text.substr(percent + 1);
  if (!group.address.is_multicast() || (percent != text.npos && group.interface.empty())) {
    throw UsageError("group " + quote(text) +
                     " is not a multicast address, 224.0.0.0–239.255.255.255 or ff00::/8, with or "
                     "without %INTERFACE");
  }
  return group;
}

Endpoint parse_bind(std::string_view text, const Target& target) {
  if (target.scheme() == Scheme::unix_stream) {
    throw UsageError("allowed only with tcp and udp");
  }
  std::string whole(text);
  const std::string scheme = std::string(to_string(target.scheme())) + "://";
  if (whole.find("://") == whole.npos) whole = scheme + whole;
  auto parsed = Endpoint::parse(whole);
  if (const auto* wrong = std::get_if<EndpointError>(&parsed)) throw UsageError(wrong->message);
  const Endpoint endpoint = std::get<Endpoint>(std::move(parsed));
  if (endpoint.scheme() != target.scheme()) {
    throw UsageError("allowed is " + scheme + "HOST:PORT, as ENDPOINT is");
  }
  return endpoint;
}

void refuse_if(bool wrong, const std::string& message) {
  if (wrong) throw UsageError(message);
}

// What is each right by itself, and not together.
void check(const TalkOptions& options, const CommandLine& line) {
  const Target& target = options.target;
  refuse_if(line.has("hex") && line.has("json"), "--hex, --json: allowed is one of them");
  refuse_if(options.listen && line.has("send"),
            "--send: not allowed with --listen, which sends "
            "nothing");
  for (const char* name : {"broadcast", "join"}) {
    refuse_if(line.has(name) && !options.over_udp(),
              "--" + std::string(name) + ": allowed only with udp://");
  }
  const bool listens_here = options.listen && options.over_udp();
  refuse_if(listens_here && options.bind.has_value(),
            "--bind: not allowed with --listen over UDP, where ENDPOINT is what is bound");
  refuse_if(listens_here && options.broadcast,
            "--broadcast: not allowed with --listen, which sends nothing");
  refuse_if(target.endpoint && target.endpoint->any_family() && !listens_here,
            quote(target.text) + ": host * is allowed only with --listen over UDP");
  refuse_if(target.scheme() != Scheme::unix_stream && target.port() == 0 && !listens_here,
            quote(target.text) + ": port 0 is not in 1–65535");
  const bool lines =
      options.wire.framing == "line" || (options.wire.framing == "none" && options.over_udp());
  refuse_if(options.wire.crlf && !lines,
            "--crlf: allowed only with framing line, and with none over UDP");
  refuse_if(options.expect && options.wire.framing == "none" && !options.over_udp(),
            "--expect: not allowed with framing none, which knows no messages");
}

void read_values(TalkOptions& options, const CommandLine& line) {
  line.each("expect",
            [&](std::string_view value) { options.expect = parse_count("count", value); });
  line.each("timeout",
            [&](std::string_view value) { options.timeout = parse_timeout("duration", value); });
  line.each("bind",
            [&](std::string_view value) { options.bind = parse_bind(value, options.target); });
  line.each("join", [&](std::string_view value) { options.join.push_back(parse_group(value)); });
  line.each("backend", [&](std::string_view value) { options.loop.backend = backend_from(value); });
  options.wire.framing = options.over_udp() ? "none" : "line";
  options.wire.datagrams = options.over_udp();
  line.each("framing", [&](std::string_view value) {
    options.wire.framing = value;
    (void)Wire(options.wire);
  });
  options.wire.crlf = line.has("crlf");

  // With both of these it is said already when to end.
  const bool bounded = options.expect && options.timeout.count() > 0;
  if (options.over_udp() && !options.listen && !bounded) options.wait = kDatagramWait;
  line.each("wait", [&](std::string_view value) { options.wait = parse_wait("duration", value); });
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
            "the ENDPOINT is missing; allowed are [tcp://]HOST:PORT, "
            "udp://HOST:PORT and unix://PATH");
  if (operands.size() > 1) throw UsageError(quote(operands[1]) + ": allowed is one ENDPOINT");
  options.target = parse_target(operands.front());
  options.listen = line.has("listen");
  options.broadcast = line.has("broadcast");
  options.verbose = line.has("verbose");
  if (line.has("hex")) options.format = PrintFormat::hex;
  if (line.has("json")) options.format = PrintFormat::json;
  read_values(options, line);
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
