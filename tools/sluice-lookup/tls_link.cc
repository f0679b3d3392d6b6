#include "tls_link.h"

#include <algorithm>
#include <array>
#include <memory>
#include <tuple>
#include <utility>

#include "../../reactor/base/text/host_name.h"
#include "../../reactor/base/text/quote.h"
#include "../../reactor/names/dns_message.h"
#include "../../reactor/names/dns_reader.h"
#include "../../reactor/tls/tls_error.h"

namespace sluice::tools::lookup {
namespace {

constexpr std::size_t kLengthBytes = 2;
constexpr std::size_t kMaxFrame = kLengthBytes + 65'535;

ConnectorOptions connector_options(const TransportFactory& transport,
                                   std::chrono::milliseconds patience) {
  ConnectorOptions options;
  options.connection.transport = transport;
  // check() ends the wait for a handshake before this, which ends one that the link has left.
  options.connection.open_timeout = 2 * patience;
  options.connection.input_limit = kMaxFrame;
  // A server that answers in order may read no more until we have read what it has written.
  options.connection.keep_reading = true;
  return options;
}

// Whether the message repeats the question, whose letters may have another case.
bool repeats(std::span<const unsigned char> message, const std::string& question) {
  if (message.size() < question.size() || message[4] != 0 || message[5] != 1) return false;
  const auto is_same = [](unsigned char a, char b) {
    return to_lower(static_cast<char>(a)) == to_lower(b);
  };
  constexpr std::ptrdiff_t kHeader = DnsLimits::kHeader;
  return std::equal(question.begin() + kHeader, question.end(), message.begin() + kHeader,
                    [is_same](char b, unsigned char a) { return is_same(a, b); });
}

}  // namespace

// The connection owns it, and it outlives the link if the link is destroyed first.
class TlsLink::Handler final : public Protocol {
 public:
  explicit Handler(TlsLink& link) : link_(&link) {}

  // The link no longer waits for this connection.
  void leave() noexcept { link_ = nullptr; }

 private:
  void on_open(Connection& connection) override {
    if (link_ == nullptr) return connection.abort();
    link_->opened(connection);
  }
  std::size_t on_data(Connection& /*connection*/, std::span<const std::byte> in) override {
    return link_ == nullptr ? in.size() : link_->take(in);
  }
  void on_close(Connection& connection, std::error_code reason) override {
    if (link_ == nullptr) return;
    TlsLink& link = *std::exchange(link_, nullptr);
    End end;
    end.is_refused_certificate = is_certificate_error(reason);
    if (reason) {
      end.why = reason.message();
      if (end.is_refused_certificate) end.why += " (expected " + quote(link.server_.name) + ')';
      if (is_not_tls_error(reason)) end.why = "the server does not speak TLS (" + end.why + ')';
    } else if (!connection.opened()) {
      end.why = "the server closed during the TLS handshake";
    }
    link.down(end);
  }

  TlsLink* link_;
};

TlsLink::TlsLink(Loop& loop, TlsServer server, const TransportFactory& transport,
                 std::chrono::milliseconds patience, std::size_t max_window, Owner& owner)
    : loop_(loop),
      server_(std::move(server)),
      patience_(patience),
      owner_(owner),
      max_window_(max_window),
      window_(std::min(kFirstWindow, max_window)),
      connector_(loop, connector_options(transport, patience)) {}

TlsLink::~TlsLink() {
  if (handler_ != nullptr) handler_->leave();
}

void TlsLink::send(Question& question) {
  question.place = waiting_.insert(waiting_.end(), &question);
  question.link = this;
  question.id = 0;
  fill_window();
}

void TlsLink::forget(Question& question) noexcept {
  if (question.id == 0) {
    waiting_.erase(question.place);
  } else {
    in_flight_.erase(question.id);
  }
  question.link = nullptr;
}

void TlsLink::fill_window() {
  while (!waiting_.empty() && in_flight_.size() < window_) begin(*waiting_.front());
}

void TlsLink::begin(Question& question) {
  do {
    ++last_id_;
  } while (last_id_ == 0 || in_flight_.contains(last_id_));
  in_flight_.emplace(last_id_, &question);
  waiting_.pop_front();
  question.id = last_id_;
  if (!question.begun) question.begun = loop_.now();
  if (connection_ != nullptr && in_flight_.size() == 1) progress_ = loop_.now();
  if (connection_ != nullptr) {
    write(question);
  } else if (handler_ == nullptr && !connector_.running()) {
    connect();
  }
}

void TlsLink::check(TimePoint now) {
  fill_window();
  if (in_flight_.empty() || now - progress_ < patience_) return;
  const std::string what = connection_ == nullptr ? "no connection" : "no answer";
  connector_.cancel();
  if (handler_ != nullptr) std::exchange(handler_, nullptr)->leave();
  if (connection_ != nullptr) connection_->abort();
  End end;
  end.is_silent = true;
  end.why = what + " within " + std::to_string(patience_.count()) + "ms";
  down(end);
}

void TlsLink::connect() {
  has_answered_ = false;
  progress_ = loop_.now();
  connector_.start(
      {server_.address},
      [this](const Address&) {
        auto handler = std::make_unique<Handler>(*this);
        handler_ = handler.get();
        return ProtocolRef(std::move(handler));
      },
      [this](const ConnectError& error) {
        End end;
        const std::error_code why = error.failures.front().error;  // there is one address
        end.is_silent = why == std::errc::timed_out;
        end.why = why.message();
        down(end);
      });
}

void TlsLink::opened(Connection& connection) {
  connection_ = &connection;
  progress_ = loop_.now();
  for (const auto& [id, question] : in_flight_) write(*question);
}

void TlsLink::write(const Question& question) {
  std::string message = *question.key;
  set_dns_id(message, question.id);
  const auto size = message.size();
  const std::array<char, kLengthBytes> length{static_cast<char>(size >> 8U),
                                              static_cast<char>(size & 0xFFU)};
  connection_->send(std::string(length.begin(), length.end()) + message);
}

std::size_t TlsLink::take(std::span<const std::byte> in) {
  std::size_t used = 0;
  while (in.size() - used >= kLengthBytes) {
    const auto* const bytes = reinterpret_cast<const unsigned char*>(in.data()) + used;
    const std::size_t size = std::size_t{bytes[0]} << 8U | bytes[1];
    if (in.size() - used < kLengthBytes + size) break;
    used += kLengthBytes + size;
    take_message({bytes + kLengthBytes, size});
  }
  return used;
}

void TlsLink::take_message(std::span<const unsigned char> message) {
  if (message.size() < DnsLimits::kHeader || (message[2] & 0x80U) == 0) return;
  const auto id = static_cast<std::uint16_t>(message[0] << 8U | message[1]);
  const auto found = in_flight_.find(id);
  if (found == in_flight_.end() || !repeats(message, *found->second->key)) return;
  Question& question = *found->second;
  forget(question);
  has_answered_ = true;
  progress_ = loop_.now();
  window_ = std::min(window_ + 1, max_window_);
  fill_window();
  owner_.on_answer(question, message);
}

void TlsLink::down(const End& end) {
  handler_ = nullptr;
  connection_ = nullptr;
  std::vector<Question*> lost;
  for (const auto& [id, question] : std::exchange(in_flight_, {})) {
    question->link = nullptr;
    lost.push_back(question);
  }
  // Otherwise a small window might be given to newer questions again and again.
  std::sort(lost.begin(), lost.end(), [](const Question* a, const Question* b) {
    return std::tie(*a->begun, a->id) < std::tie(*b->begun, b->id);
  });
  const std::list<Question*> waiting = std::exchange(waiting_, {});
  for (Question* const question : waiting) question->link = nullptr;
  End whole = end;
  whole.has_answered = std::exchange(has_answered_, false);
  if (whole.has_answered && !lost.empty()) {
    window_ = std::clamp(window_ / 2, std::size_t{1}, std::min(kFirstWindow, max_window_));
  }
  if (whole.why.empty()) whole.why = "the server closed the connection without an answer";
  owner_.on_down(*this, whole, lost, waiting);
}

}  // namespace sluice::tools::lookup
