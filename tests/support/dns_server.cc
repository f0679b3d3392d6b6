#include "dns_server.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstring>
#include <system_error>
#include <utility>

#include <criterion/criterion.h>

#include <sluice/connection.h>
#include <sluice/protocol.h>

namespace sluice::test {
namespace {

constexpr std::size_t kHeader = 12;
constexpr std::uint16_t kA = 1;
constexpr std::uint16_t kCname = 5;
constexpr std::uint16_t kPtr = 12;
constexpr std::uint16_t kAaaa = 28;
constexpr std::uint16_t kAnswer = 0x8180;  // an answer, recursion desired and available
constexpr std::uint16_t kTruncated = 0x0200;
enum Rcode : std::uint16_t { kServFail = 2, kNxDomain = 3, kNotImp = 4, kRefused = 5 };

std::string be16(std::size_t value) {
  return {static_cast<char>(value >> 8 & 0xff), static_cast<char>(value & 0xff)};
}

std::string wire_name(std::string_view name) {
  std::string wire;
  while (!name.empty()) {
    const std::size_t dot = std::min(name.find('.'), name.size());
    wire += static_cast<char>(dot);
    wire += name.substr(0, dot);
    name.remove_prefix(std::min(dot + 1, name.size()));
  }
  return wire + '\0';
}

std::string raw_address(int family, std::string_view text) {
  std::array<char, sizeof(in6_addr)> raw{};
  cr_assert(::inet_pton(family, std::string(text).c_str(), raw.data()) == 1);
  return {raw.data(), family == AF_INET ? sizeof(in_addr) : sizeof(in6_addr)};
}

std::string reverse_name(std::string_view address) {
  std::string name;
  if (address.find(':') == address.npos) {
    const std::string raw = raw_address(AF_INET, address);
    for (std::size_t i = raw.size(); i-- > 0;) {
      name += std::to_string(static_cast<unsigned char>(raw[i])) + '.';
    }
    return name + "in-addr.arpa";
  }
  const std::string raw = raw_address(AF_INET6, address);
  for (std::size_t i = raw.size(); i-- > 0;) {
    const auto byte = static_cast<unsigned char>(raw[i]);
    for (const int nibble : {byte & 15, byte >> 4}) {
      name += "0123456789abcdef"[nibble];
      name += '.';
    }
  }
  return name + "ip6.arpa";
}

std::span<const std::byte> bytes(const std::string& text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

}  // namespace

// One connection of the server; it may outlive the server.
class DnsServer::Stream final : public Protocol {
 public:
  explicit Stream(DnsServer& server) : server_(&server) { server.streams_.insert(this); }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  ~Stream() override {
    if (server_ != nullptr) server_->streams_.erase(this);
  }
  void forget() noexcept { server_ = nullptr; }

  std::size_t on_data(Connection& connection, std::span<const std::byte> in) override {
    std::size_t done = 0;
    while (const std::size_t size = serve_one(connection, in.subspan(done))) done += size;
    return done;
  }

 private:
  // Returns the size of the question, or 0 if it has not arrived whole.
  std::size_t serve_one(Connection& connection, std::span<const std::byte> in) {
    if (in.size() < 2) return 0;
    const std::size_t size =
        std::to_integer<std::size_t>(in[0]) << 8 | std::to_integer<std::size_t>(in[1]);
    if (in.size() < 2 + size) return 0;
    const auto question = parse(in.subspan(2, size));
    if (question && server_ != nullptr) {
      server_->serve(*question, false, [&connection](const std::string& message) {
        connection.send(bytes(be16(message.size()) + message));
      });
    }
    return 2 + size;
  }

  DnsServer* server_;
};

DnsServer::DnsServer(Loop& loop, std::uint16_t port) : loop_(loop) {
  // The port that UDP gets may be in use over TCP.
  for (int tries = 0; tries < 100 && listener_ == nullptr; ++tries) {
    socket_ = std::make_unique<DatagramSocket>(
        loop, Endpoint(Scheme::udp, Address::loopback(AF_INET, port)),
        static_cast<DatagramHandler&>(*this));
    address_ = socket_->local().address();
    try {
      listener_ = std::make_unique<Listener>(
          loop, Endpoint(Scheme::tcp, address_),
          [this](const Address& /*peer*/) { return ProtocolRef(std::make_unique<Stream>(*this)); });
    } catch (const std::system_error& error) {
      cr_assert(error.code() == std::errc::address_in_use);
    }
  }
  cr_assert(listener_ != nullptr);
}

DnsServer::~DnsServer() {
  for (Stream* const stream : streams_) stream->forget();
}

void DnsServer::a(std::string_view name, std::string_view address) {
  records_.emplace(name, Record{kA, raw_address(AF_INET, address)});
}

void DnsServer::aaaa(std::string_view name, std::string_view address) {
  records_.emplace(name, Record{kAaaa, raw_address(AF_INET6, address)});
}

void DnsServer::cname(std::string_view name, std::string_view target) {
  records_.emplace(name, Record{kCname, wire_name(target)});
}

void DnsServer::ptr(std::string_view address, std::string_view name) {
  alias_ptr(reverse_name(address), name);
}

void DnsServer::alias_ptr(std::string_view name, std::string_view target) {
  records_.emplace(name, Record{kPtr, wire_name(target)});
}

std::size_t DnsServer::questions_for(const std::string& name) const {
  const auto found = asked_.find(name);
  return found == asked_.end() ? 0 : found->second;
}

std::optional<DnsServer::Question> DnsServer::parse(std::span<const std::byte> message) {
  const auto at = [message](std::size_t i) { return std::to_integer<unsigned>(message[i]); };
  if (message.size() < kHeader || at(5) != 1) return {};
  Question question;
  question.id = static_cast<std::uint16_t>(at(0) << 8 | at(1));
  std::size_t i = kHeader;
  while (i < message.size() && at(i) != 0) {
    const std::size_t label = at(i);
    if (i + label + 1 >= message.size()) return {};
    if (!question.name.empty()) question.name += '.';
    for (std::size_t c = i + 1; c <= i + label; ++c) {
      question.name += static_cast<char>(std::tolower(static_cast<int>(at(c))));
    }
    i += label + 1;
  }
  if (i + 5 > message.size()) return {};
  question.type = static_cast<std::uint16_t>(at(i + 1) << 8 | at(i + 2));
  const auto wire = message.subspan(kHeader, i + 5 - kHeader);
  question.wire.assign(reinterpret_cast<const char*>(wire.data()), wire.size());
  return question;
}

void DnsServer::on_datagram(DatagramSocket& socket, const Datagram& datagram) {
  const auto question = parse(datagram.data);
  if (!question) return;
  const Address from = datagram.from;
  ids_.insert(question->id);
  ports_.insert(from.port());
  const auto delay = delays_.find(question->name);
  serve(*question, true, [&](const std::string& message) {
    if (delay != delays_.end()) return later(delay->second, message, from);
    socket.send_to(bytes(message), from);
  });
}

void DnsServer::later(std::chrono::milliseconds by, const std::string& message, const Address& to) {
  timers_.push_back(std::make_unique<Timer>(
      loop_, [this, message, to] { socket_->send_to(bytes(message), to); }));
  timers_.back()->start(by);
}

void DnsServer::serve(const Question& question, bool over_udp, const Reply& reply) {
  ++(over_udp ? over_udp_ : over_tcp_);
  ++asked_[question.name];
  const auto found = manners_.find(question.name);
  const Manner manner = found == manners_.end() ? Manner::plain : found->second;
  if (manner == Manner::silent) return;
  if (manner == Manner::wrong_id || manner == Manner::wrong_question) {
    Question other = question;
    if (manner == Manner::wrong_id) {
      other.id = static_cast<std::uint16_t>(other.id ^ 1);
    } else {
      other.wire[1] = other.wire[1] == 'x' ? 'y' : 'x';
    }
    // 203.0.113.66, which no name of the tests has.
    reply(be16(other.id) + be16(kAnswer) + be16(1) + be16(1) + be16(0) + be16(0) + other.wire +
          be16(0xc00c) + be16(question.type) + be16(1) + be16(0) + be16(60) + be16(4) +
          "\xcb\x00\x71\x42");
  }
  reply(answer_to(question, manner, over_udp));
}

std::string DnsServer::answer_to(const Question& question, Manner manner, bool over_udp) const {
  if (manner == Manner::short_header) return be16(question.id) + be16(kAnswer);
  std::uint16_t flags = kAnswer;
  if (manner == Manner::server_failed) flags |= kServFail;
  if (manner == Manner::refused) flags |= kRefused;
  if (manner == Manner::not_implemented) flags |= kNotImp;
  const bool cut = manner == Manner::truncated && over_udp;
  if (cut) flags |= kTruncated;

  std::string records;
  std::size_t count = 0;
  const auto add = [&](const std::string& name, const Record& record) {
    const std::size_t size = record.data.size() + (manner == Manner::malformed ? 100 : 0);
    // The name of the question as a compression pointer, as servers write it.
    const std::string owner = name == question.name ? be16(0xc00c) : wire_name(name);
    records += owner + be16(record.type) + be16(1) + be16(0) + be16(60) + be16(size) + record.data;
    ++count;
  };
  if ((flags & 0xf) == 0 && records_.count(question.name) == 0) flags |= kNxDomain;
  if (!cut && (flags & 0xf) == 0) {
    std::string name = question.name;
    for (auto cname = records_.find(name);
         cname != records_.end() && cname->second.type == kCname && question.type != kCname;
         cname = records_.find(name)) {
      add(name, cname->second);
      name.clear();
      for (std::size_t i = 0; cname->second.data[i] != '\0';) {
        const auto label = static_cast<std::size_t>(cname->second.data[i]);
        if (!name.empty()) name += '.';
        name += cname->second.data.substr(i + 1, label);
        i += label + 1;
      }
    }
    const auto [first, last] = records_.equal_range(name);
    for (auto record = first; record != last; ++record) {
      if (record->second.type == question.type || manner == Manner::generous) {
        add(name, record->second);
      }
    }
  }
  return be16(question.id) + be16(flags) + be16(1) + be16(count) + be16(0) + be16(0) +
         question.wire + records;
}

}  // namespace sluice::test
