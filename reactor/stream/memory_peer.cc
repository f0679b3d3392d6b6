#include "memory_peer.h"

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <deque>
#include <system_error>
#include <utility>

#include "../loop/loop_internals.h"
#include "connection_table.h"

namespace sluice {

// The stream between the connection and this peer: the counterpart of recv() and sendmsg().
class MemoryPeer::Line final : public Wire::Stream {
 public:
  IoResult read(std::span<std::byte> into) override {
    if (!inbox_.empty()) {
      std::string& piece = inbox_.front();
      const std::size_t count = std::min(into.size(), piece.size());
      std::copy_n(std::as_bytes(std::span(piece)).begin(), count, into.begin());
      piece.erase(0, count);
      if (piece.empty()) inbox_.pop_front();
      return IoResult::done(count);
    }
    if (error_ != 0) return IoResult::failed(error_);
    return ended_ ? IoResult::end() : IoResult::want_read();
  }

  IoResult write(std::span<const iovec> parts) override {
    if (error_ != 0) return IoResult::failed(error_);
    if (window_ == 0) return IoResult::want_write();
    std::size_t total = 0;
    for (const iovec& part : parts) {
      const std::size_t count = std::min(part.iov_len, window_);
      outbox_.append(static_cast<const char*>(part.iov_base), count);
      total += count;
      if (window_ != kUnlimited) window_ -= count;
    }
    return IoResult::done(total);
  }

  IoResult shutdown_write() override {
    saw_end_ = true;
    return IoResult::done();
  }
  void close(bool reset, CloseReason reason) noexcept {
    saw_end_ = true;
    saw_reset_ = reset;
    reason_ = reason;
    closed_ = true;
  }

  // The events that the connection would see.
  [[nodiscard]] int ready() const noexcept {
    const bool readable = !inbox_.empty() || ended_ || error_ != 0;
    const bool writable = window_ > 0 || error_ != 0;
    return (readable ? kReadable : 0) | (writable ? kWritable : 0);
  }

  std::deque<std::string> inbox_;
  std::string outbox_;
  std::size_t window_ = kUnlimited;
  int error_ = 0;
  bool ended_ = false;
  bool saw_end_ = false;
  bool saw_reset_ = false;
  bool closed_ = false;
  ConnectionId id_;
  CloseReason reason_ = CloseReason::open;
};

namespace {

// Passes the handler's bytes unchanged, if no other transport is requested.
class PlainTransport final : public Transport {
 public:
  explicit PlainTransport(Wire wire) noexcept : wire_(wire) {}
  IoResult open() override { return IoResult::done(); }
  IoResult read(std::span<std::byte> into) override { return wire_.read(into); }
  IoResult write(std::span<const iovec> parts) override { return wire_.write(parts); }
  IoResult shutdown_write() override { return wire_.shutdown_write(); }

 private:
  const Wire wire_;
};

std::unique_ptr<Transport> make_plain(Wire wire, const Address& /*peer*/) {
  return std::make_unique<PlainTransport>(wire);
}

// Several, because in a turn a deferred task may do nothing but defer another one.
constexpr int kQuietTurns = 3;

std::unique_ptr<Loop> virtual_loop() {
  LoopOptions options;
  options.virtual_time = true;
  return std::make_unique<Loop>(options);
}

}  // namespace

MemoryPeer::MemoryPeer(ProtocolRef protocol, const ConnectionOptions& options, const Address& from,
                       std::size_t window)
    : own_loop_(virtual_loop()), loop_(*own_loop_), line_(std::make_unique<Line>()) {
  line_->window_ = window;
  loop_.set_reporter([this](const Report& report) { reports_.push_back(report); });
  open(std::move(protocol), options, from);
}

MemoryPeer::MemoryPeer(Loop& loop, ProtocolRef protocol, const ConnectionOptions& options,
                       const Address& from, std::size_t window)
    : loop_(loop), line_(std::make_unique<Line>()) {
  line_->window_ = window;
  assert(loop.options().virtual_time);
  open(std::move(protocol), options, from);
}

void MemoryPeer::open(ProtocolRef protocol, const ConnectionOptions& options, const Address& from) {
  ConnectionOptions with_transport = options;
  if (!with_transport.transport) with_transport.transport = &make_plain;
  ConnectionTable& table = ConnectionTable::of(loop_);
  ConnectionGroup& group = table.make_group(with_transport);
  // The group is freed with its only connection; until then it records how that ended.
  group.on_gone = [line = line_.get()](const Connection& gone) {
    line->close(gone.reset_, gone.close_reason());
  };
  try {
    Fd none;
    Connection* connection = table.open(group, none, Wire(*line_), from, std::move(protocol));
    if (connection == nullptr) {
      throw std::system_error(ECANCELED, std::generic_category(),
                              "the transport factory returned null");
    }
    line_->id_ = connection->id();
  } catch (...) {
    table.release_group(group);
    throw;
  }
  table.release_when_gone(group);
  settle();
}

MemoryPeer::~MemoryPeer() {
  // The connection must not outlive the line to which it writes.
  while (!closed()) {
    connection().abort();
    loop_.poll();
  }
}

void MemoryPeer::settle() {
  for (int quiet = 0; quiet < kQuietTurns;) {
    const std::uint64_t before = activity();
    // First, as on a socket: the rest of a turn comes before the events of the next wait.
    loop_.poll();
    const int ready = closed() ? 0 : line_->ready() & connection().interest();
    if (ready != 0) connection().on_ready(ready);
    const bool more = ready != 0 || LoopInternals::has_postponed(loop_);
    quiet = !more && activity() == before ? quiet + 1 : 0;
  }
}

// Grows when anything happens that may cause something else.
std::uint64_t MemoryPeer::activity() const noexcept {
  const Counters& counters = loop_.counters();
  // One for each connection that has opened, and one for each that has closed.
  std::uint64_t ends = counters.connections_open;
  for (const std::uint64_t closed : counters.closed) ends += 2 * closed;
  return counters.bytes_in + counters.bytes_out + counters.paused + ends;
}

void MemoryPeer::send(std::string_view bytes, std::size_t piece) {
  assert(piece > 0 && !line_->ended_);
  for (; !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size()))) {
    line_->inbox_.emplace_back(bytes.substr(0, piece));
  }
  settle();
}

void MemoryPeer::end() {
  line_->ended_ = true;
  if (!closed() && connection().watches_hangup_) connection().hung_up(0);
  settle();
}

void MemoryPeer::reset(int error) {
  line_->inbox_.clear();  // a reset destroys input that was not read
  line_->error_ = error;
  if (!closed() && connection().watches_hangup_) connection().hung_up(error);
  settle();
}

void MemoryPeer::advance(std::chrono::milliseconds by) {
  loop_.advance(by);
  settle();
}

void MemoryPeer::set_window(std::size_t bytes) {
  line_->window_ = bytes;
  settle();
}

std::string MemoryPeer::received() { return std::exchange(line_->outbox_, {}); }
bool MemoryPeer::saw_end() const noexcept { return line_->saw_end_; }
bool MemoryPeer::saw_reset() const noexcept { return line_->saw_reset_; }

std::size_t MemoryPeer::unread() const noexcept {
  std::size_t total = 0;
  for (const std::string& piece : line_->inbox_) total += piece.size();
  return total;
}

bool MemoryPeer::closed() const noexcept { return line_->closed_; }
CloseReason MemoryPeer::close_reason() const noexcept { return line_->reason_; }

Connection& MemoryPeer::connection() noexcept {
  Connection* connection = Connection::find(loop_, line_->id_);
  assert(connection != nullptr);
  return *connection;
}

Loop& MemoryPeer::loop() noexcept { return loop_; }
const std::vector<Report>& MemoryPeer::reports() const noexcept { return reports_; }

}  // namespace sluice
