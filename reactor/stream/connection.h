// A stream connection: bytes in order, both ways, over TCP, a Unix socket or an in-memory peer.
//
//                   close()              flushed               peer's end, or linger_timeout
//   opening -> open ---------> flushing ---------> lingering ---------> closed -> on_close, freed
//      \_________\________________\___________________\__ abort(), error, timeout __/
//
// Only a connection with a transport is ever `opening`: its handshake runs, and the handler has not
// been called yet. What is sent meanwhile waits; close() gives the handshake up.
//
// What it is: the state machine between a socket and a Protocol. It is made by a Listener, by
// Connection::adopt() or by a MemoryPeer, and owned by its loop.
// Lifetime: a Connection& is valid until its on_close() has returned. Whoever keeps one for longer
// than a callback keeps its ConnectionId, and asks find() for it.
// Thread: the loop's. Errors: see CloseReason; send() never fails, a failure arrives in on_close().
//
// Writing: send() appends and never calls back. A connection whose handler has just run is written
// as soon as the handler returns; every other one at the end of the turn, once, however often it
// was sent to. Backpressure is on by default: above ConnectionOptions::high_water the connection
// stops reading its own peer; below half of it, it reads again and on_writable() runs.
#ifndef SLUICE_REACTOR_STREAM_CONNECTION_H
#define SLUICE_REACTOR_STREAM_CONNECTION_H

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <system_error>

#include "../base/address.h"
#include "../base/close_reason.h"
#include "../base/compact_address.h"
#include "../base/export.h"
#include "../base/fd.h"
#include "../base/input_buffer.h"
#include "../base/payload.h"
#include "../loop/idle_list.h"
#include "../loop/watcher.h"
#include "connection_options.h"
#include "output_queue.h"
#include "protocol.h"
#include "transport.h"

namespace sluice {

class ConnectionGroup;
class ConnectionTable;

// Names a connection for as long as the loop lives, also in another thread: slot and generation.
struct ConnectionId {
  std::uint32_t slot = 0;
  std::uint32_t generation = 0;
  friend bool operator==(ConnectionId a, ConnectionId b) noexcept {
    return a.slot == b.slot && a.generation == b.generation;
  }
};

class SLUICE_EXPORT Connection : private IdleList::Node {
 public:
  enum class State : std::uint8_t { opening, open, flushing, lingering, closed };

  // A connection on a connected stream socket that something else made: socketpair(), an inherited
  // descriptor. on_open() has run when it returns, also when this is called from another
  // connection's callback; with a transport, it runs when the handshake is done.
  // REQUIRES: `protocol` is not null.
  // Throws std::system_error (fcntl(), getpeername() on what is no socket; ECANCELED from an
  // on_close() of a loop that is being destroyed, and when the TransportFactory returns null),
  // std::bad_alloc, and what the TransportFactory throws.
  static Connection& adopt(Loop& loop, Fd socket, ProtocolRef protocol,
                           const ConnectionOptions& options = {});
  // Null when it is gone.
  static Connection* find(Loop& loop, ConnectionId id) noexcept;

  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // --- Sending: legal anywhere; does nothing after shutdown(), close() or abort() ---
  void send(std::span<const std::byte> bytes);
  void send(std::string_view text) { send(std::as_bytes(std::span(text.data(), text.size()))); }
  void send(const Payload& payload);  // counted, not copied

  // --- Ending: legal anywhere, also in another connection's callback ---
  void shutdown();  // half-close: no more sends; what waits is flushed, then the peer sees an end
  // Reads no more, flushes, then closes; on_close() follows. While `opening` there is nothing to
  // flush to: it closes at once, and counts as aborted when that drops what was sent.
  void close() noexcept;
  void abort() noexcept;  // drops what waits; the peer sees a reset (an end, on a Unix socket)

  // --- Reading: counted, so that two owners can pause at once ---
  void pause() noexcept;
  // REQUIRES: one pause() for each resume(). What was left unconsumed is shown again, at the end of
  // this turn.
  void resume() noexcept;
  [[nodiscard]] bool paused() const noexcept {
    return pauses_ != 0 || (backpressure_ && !keep_reading_);
  }

  [[nodiscard]] State state() const noexcept { return state_; }
  // on_open() was called. Only for on_close(): a handshake that failed never came so far.
  [[nodiscard]] bool opened() const noexcept { return opened_; }
  [[nodiscard]] bool peer_ended() const noexcept { return peer_ended_; }
  [[nodiscard]] Loop& loop() const noexcept;
  [[nodiscard]] ConnectionId id() const noexcept { return {slot_, generation_}; }
  [[nodiscard]] const ConnectionOptions& options() const noexcept;
  // As the transport knows it, from a PROXY header; else the socket's.
  [[nodiscard]] Address peer() const;
  [[nodiscard]] Address socket_peer() const noexcept { return peer_.expand(); }
  // Null on a plain socket. Valid as long as the connection.
  [[nodiscard]] Transport* transport() const noexcept { return transport_.get(); }
  [[nodiscard]] Address local() const noexcept;  // one system call; unspecified when it fails
  [[nodiscard]] std::uint64_t bytes_in() const noexcept { return bytes_in_; }
  [[nodiscard]] std::uint64_t bytes_out() const noexcept { return bytes_out_; }
  [[nodiscard]] std::size_t queued() const noexcept;  // sent and not yet taken by the system
  // What on_data() did not consume.
  [[nodiscard]] std::span<const std::byte> unconsumed() const noexcept { return input_.bytes(); }
  // CloseReason::open before it is closed.
  [[nodiscard]] CloseReason close_reason() const noexcept { return reason_; }
  [[nodiscard]] Protocol& protocol() const noexcept { return *protocol_.get(); }

 private:
  friend class ConnectionGroup;
  friend class ConnectionTable;
  friend class MemoryPeer;

  SLUICE_LOCAL Connection(ConnectionGroup& group, std::uint32_t slot,
                          std::uint32_t generation) noexcept;
  SLUICE_LOCAL ~Connection();

  // connection.cc: the states
  SLUICE_LOCAL void attach(int fd, std::unique_ptr<Transport> transport, const Address& peer,
                           ProtocolRef protocol);
  SLUICE_LOCAL void begin() noexcept;
  SLUICE_LOCAL void opened_now();
  // True when it is closed: on_close() runs next, and then it is freed.
  [[nodiscard]] SLUICE_LOCAL bool end_of_turn() noexcept;
  // Closed now; on_close() at the end of the turn.
  SLUICE_LOCAL void finish(CloseReason reason, int error = 0) noexcept;
  SLUICE_LOCAL void after_flush();
  SLUICE_LOCAL void linger();
  SLUICE_LOCAL void close_descriptor() noexcept;
  SLUICE_LOCAL void notify_closed() noexcept;
  SLUICE_LOCAL void mark_dirty() noexcept;
  SLUICE_LOCAL void release_output() noexcept;
  SLUICE_LOCAL void update_interest() noexcept;
  [[nodiscard]] SLUICE_LOCAL int interest() const noexcept;  // the events that it waits for
  SLUICE_LOCAL void fail(int error) noexcept;                // a read or a write has failed
  template <class Callback>
  bool call(std::string_view name, Callback&& callback) noexcept;
  // Handlers are guarded on their own: what leaves `work` is a buffer that found no memory.
  template <class Work>
  void contain(Work&& work) noexcept;
  // Whether it waits for any of `events`.
  [[nodiscard]] SLUICE_LOCAL bool is_ready(int events) const noexcept;
  SLUICE_LOCAL static void on_idle(IdleList::Node& node);
  SLUICE_LOCAL static void on_open_timeout(IdleList::Node& node);
  SLUICE_LOCAL static void on_stalled(IdleList::Node& node);
  SLUICE_LOCAL static void on_lingered(IdleList::Node& node);

  // connection_io.cc: reading
  SLUICE_LOCAL void on_ready(int events) noexcept;
  SLUICE_LOCAL void read_ready();
  SLUICE_LOCAL std::size_t read_once(std::span<std::byte> room);
  [[nodiscard]] SLUICE_LOCAL std::span<std::byte> read_room() const noexcept;
  // Not while something is to be shown again: the end may be next, and would come before it.
  [[nodiscard]] bool may_read() const noexcept {
    return state_ == State::open && !peer_ended_ && !paused() && !redeliver_;
  }
  SLUICE_LOCAL void discard_input();
  SLUICE_LOCAL void read_for_drain() noexcept;
  SLUICE_LOCAL void deliver(std::span<const std::byte> bytes);
  SLUICE_LOCAL void redeliver();
  SLUICE_LOCAL void peer_end();
  SLUICE_LOCAL ssize_t system_read(std::span<std::byte> into);

  // connection_write.cc: writing
  SLUICE_LOCAL void flush();
  SLUICE_LOCAL void flush_queue(bool steady);
  SLUICE_LOCAL void write_queue();
  SLUICE_LOCAL void overflow(std::size_t size) noexcept;
  [[nodiscard]] SLUICE_LOCAL std::size_t waiting() const noexcept;  // queued(), inline
  SLUICE_LOCAL OutputQueue& output();
  [[nodiscard]] SLUICE_LOCAL bool accepts(std::size_t size) noexcept;
  [[nodiscard]] SLUICE_LOCAL std::size_t write_directly(std::span<const std::byte> bytes);
  [[nodiscard]] SLUICE_LOCAL bool wrote(ssize_t result);
  [[nodiscard]] SLUICE_LOCAL std::size_t collect(std::span<const std::byte> bytes);
  SLUICE_LOCAL void queue_collected();
  SLUICE_LOCAL void write_collected();
  [[nodiscard]] bool queue_is_empty() const noexcept {
    return output_ == nullptr || output_->empty();
  }
  SLUICE_LOCAL void check_marks();
  SLUICE_LOCAL ssize_t system_write(const iovec& part);
  SLUICE_LOCAL ssize_t system_write(std::span<const iovec> parts);

  // connection_transport.cc: what differs with a transport
  SLUICE_LOCAL void continue_opening();
  SLUICE_LOCAL void transport_ready(int events);
  SLUICE_LOCAL void retry_write();
  SLUICE_LOCAL void after_transport();
  SLUICE_LOCAL void note_pending() noexcept;
  [[nodiscard]] bool wants_input() const noexcept {
    return may_read() || (state_ == State::lingering && !peer_ended_);
  }
  [[nodiscard]] SLUICE_LOCAL bool shutdown_transport();
  SLUICE_LOCAL ssize_t transport_read(std::span<std::byte> into);
  SLUICE_LOCAL ssize_t transport_write(std::span<const iovec> parts);
  [[nodiscard]] SLUICE_LOCAL int failed_with(std::error_code error) noexcept;

  // The order is by size, because there may be very many: 152 bytes in all (connection.cc checks).
  std::uint16_t error_ = 0;  // errno of CloseReason::system_error
  std::uint8_t pauses_ = 0;
  State state_ = State::open;
  IoWatcher watcher_;  // also holds the descriptor; -1 in memory
  ConnectionGroup* group_;
  std::unique_ptr<Transport> transport_;  // null on a plain socket
  ProtocolRef protocol_{nullptr};
  InputBuffer input_;
  std::unique_ptr<OutputQueue> output_;
  CompactAddress peer_;
  std::uint64_t bytes_in_ = 0;
  std::uint64_t bytes_out_ = 0;
  std::uint32_t slot_;
  std::uint32_t generation_;
  CloseReason reason_ = CloseReason::open;
  bool opened_ : 1 = false;           // on_open() was called
  bool peer_ended_ : 1 = false;       // the peer will send no more
  bool shutdown_wanted_ : 1 = false;  // after what waits is flushed
  bool shutdown_done_ : 1 = false;
  bool backpressure_ : 1 = false;    // was above the high-water mark, is not below the low one yet
  bool keep_reading_ : 1 = false;    // ConnectionOptions::keep_reading
  bool counted_pause_ : 1 = false;   // and Counters::paused knows
  bool blocked_ : 1 = false;         // the system takes no more until it says so
  bool in_callback_ : 1 = false;     // flushed when it returns
  bool wrote_directly_ : 1 = false;  // in this callback
  bool collecting_ : 1 = false;      // has bytes in the loop's write buffer
  bool dirty_ : 1 = false;           // end_of_turn() is asked for
  bool redeliver_ : 1 = false;       // show what is unconsumed again
  bool reset_ : 1 = false;           // the peer is to see a reset
};

}  // namespace sluice

#endif
