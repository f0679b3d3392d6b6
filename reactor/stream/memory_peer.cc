#include "memory_peer.h"

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <deque>
#include <utility>

#include "connection_table.h"

namespace sluice {

// The wire between the connection and this peer: what recv() and sendmsg() would find.
class MemoryPeer::Wire final : public StreamIo {
 public:
  ssize_t read(std::span<std::byte> into) override {
    if (!inbox_.empty()) {
      std::string& piece = inbox_.front();
      const std::size_t count = std::min(into.size(), piece.size());
      std::copy_n(std::as_bytes(std::span(piece)).begin(), count, into.begin());
      piece.erase(0, count);
      if (piece.empty()) inbox_.pop_front();
      return static_cast<ssize_t>(count);
    }
    if (error_ != 0) return fail(error_);
    return ended_ ? 0 : fail(EAGAIN);
  }

  ssize_t write(std::span<const iovec> parts) override {
    if (error_ != 0) return fail(error_);
    if (window_ == 0) return fail(EAGAIN);
    std::size_t total = 0;
    for (const iovec& part : parts) {
      const std::size_t count = std::min(part.iov_len, window_);
      outbox_.append(static_cast<const char*>(part.iov_base), count);
      total += count;
      if (window_ != kUnlimited) window_ -= count;
    }
    return static_cast<ssize_t>(total);
  }

  int shutdown_write() override {
    saw_end_ = true;
    return 0;
  }
  void wait_for(int events) override { events_ = events; }
  void close(bool reset) override {
    saw_end_ = true;
    saw_reset_ = reset;
    closed_ = true;
  }

  // What the connection waits for and would find.
  [[nodiscard]] int ready() const noexcept {
    const bool readable = !inbox_.empty() || ended_ || error_ != 0;
    const bool writable = window_ > 0 || error_ != 0;
    return events_ & ((readable ? kReadable : 0) | (writable ? kWritable : 0));
  }

  std::deque<std::string> inbox_;
  std::string outbox_;
  std::size_t window_ = kUnlimited;
  int error_ = 0;
  int events_ = 0;
  bool ended_ = false;
  bool saw_end_ = false;
  bool saw_reset_ = false;
  bool closed_ = false;
  ConnectionId id_;
  CloseReason reason_ = CloseReason::open;

 private:
  static ssize_t fail(int error) {
    errno = error;
    return -1;
  }
};

namespace {

// Several: a deferred task that defers another one has a turn in which nothing else shows.
constexpr int kQuietTurns = 3;

std::unique_ptr<Loop> virtual_loop() {
  LoopOptions options;
  options.virtual_time = true;
  return std::make_unique<Loop>(options);
}

}  // namespace

MemoryPeer::MemoryPeer(ProtocolRef protocol, const ConnectionOptions& options, const Address& from,
                       std::size_t window)
    : own_loop_(virtual_loop()), loop_(*own_loop_), wire_(std::make_unique<Wire>()) {
  wire_->window_ = window;
  loop_.set_reporter([this](const Report& report) { reports_.push_back(report); });
  open(std::move(protocol), options, from);
}

MemoryPeer::MemoryPeer(Loop& loop, ProtocolRef protocol, const ConnectionOptions& options,
                       const Address& from, std::size_t window)
    : loop_(loop), wire_(std::make_unique<Wire>()) {
  wire_->window_ = window;
  assert(loop.options().virtual_time);
  open(std::move(protocol), options, from);
}

void MemoryPeer::open(ProtocolRef protocol, const ConnectionOptions& options, const Address& from) {
  ConnectionTable& table = ConnectionTable::of(loop_);
  ConnectionGroup& group = table.make_group(options);
  // The group goes with its one connection; until then it tells how that ended.
  group.on_gone = [wire = wire_.get()](const Connection& gone) {
    wire->reason_ = gone.close_reason();
  };
  Fd none;
  Connection& connection = table.open(group, none, wire_.get(), from, std::move(protocol));
  wire_->id_ = connection.id();
  table.release_when_gone(group);
  settle();
}

MemoryPeer::~MemoryPeer() {
  // The connection must not outlive the wire that it writes to.
  while (!closed()) {
    connection().abort();
    loop_.poll();
  }
}

void MemoryPeer::settle() {
  for (int quiet = 0; quiet < kQuietTurns;) {
    const std::uint64_t before = activity();
    // First, as on a socket: what a turn still has to do comes before what the next wait brings.
    loop_.poll();
    const int ready = closed() ? 0 : wire_->ready();
    if (ready != 0) connection().on_ready(ready);
    quiet = ready == 0 && activity() == before ? quiet + 1 : 0;
  }
}

// Grows when anything happened that may make something else happen.
std::uint64_t MemoryPeer::activity() const noexcept {
  const Counters& counters = loop_.counters();
  // One for each connection that opened, and one for each that closed.
  std::uint64_t ends = counters.connections_open;
  for (const std::uint64_t closed : counters.closed) ends += 2 * closed;
  return counters.bytes_in + counters.bytes_out + counters.paused + ends;
}

void MemoryPeer::send(std::string_view bytes, std::size_t piece) {
  assert(piece > 0 && !wire_->ended_);
  for (; !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size()))) {
    wire_->inbox_.emplace_back(bytes.substr(0, piece));
  }
  settle();
}

void MemoryPeer::end() {
  wire_->ended_ = true;
  settle();
}

void MemoryPeer::reset(int error) {
  wire_->inbox_.clear();  // a reset overtakes what was not read
  wire_->error_ = error;
  settle();
}

void MemoryPeer::advance(std::chrono::milliseconds by) {
  loop_.advance(by);
  settle();
}

void MemoryPeer::set_window(std::size_t bytes) {
  wire_->window_ = bytes;
  settle();
}

std::string MemoryPeer::received() { return std::exchange(wire_->outbox_, {}); }
bool MemoryPeer::saw_end() const noexcept { return wire_->saw_end_; }
bool MemoryPeer::saw_reset() const noexcept { return wire_->saw_reset_; }

std::size_t MemoryPeer::unread() const noexcept {
  std::size_t total = 0;
  for (const std::string& piece : wire_->inbox_) total += piece.size();
  return total;
}

bool MemoryPeer::closed() const noexcept { return wire_->closed_; }
CloseReason MemoryPeer::close_reason() const noexcept { return wire_->reason_; }

Connection& MemoryPeer::connection() noexcept {
  Connection* connection = Connection::find(loop_, wire_->id_);
  assert(connection != nullptr);
  return *connection;
}

Loop& MemoryPeer::loop() noexcept { return loop_; }
const std::vector<Report>& MemoryPeer::reports() const noexcept { return reports_; }

}  // namespace sluice
