// A stream connection: bytes in order, both ways, over TCP, a Unix socket or an in-memory peer.
//
//                   close()              flushed               peer's end, or linger_timeout
//   opening -> open ---------> flushing ---------> lingering ---------> closed -> on_close, freed
//      \_________\________________\___________________\__ abort(), error, timeout __/
//
// Only a connection with a transport is ever `opening`: its handshake is in progress, and the
// handler has not been called yet. Sent bytes wait; close() ends the handshake.
//
// What it is: the state machine between a socket and a Protocol. A Listener, Connection::adopt() or
// a MemoryPeer makes it, and its loop owns it.
// Lifetime: a Connection& is valid until its on_close() has returned. To refer to a connection for
// longer than a callback, keep its ConnectionId, and call find().
// Thread: the loop's. Errors: see CloseReason. send() never fails; on_close() reports failures.
//
// Writing: send() appends, and never runs a callback. If the connection's own handler has sent, the
// bytes are written when the handler returns. Otherwise they are written once at the end of the
// turn, however often send() was called. Backpressure is on by default: above
// ConnectionOptions::high_water the connection stops reading its own peer; below half of it, it
// reads again and on_writable() runs.
#ifndef SLUICE_REACTOR_STREAM_CONNECTION_H
#define SLUICE_REACTOR_STREAM_CONNECTION_H

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <system_error>
#include <vector>

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
class Listener;
struct Pipe;

// Identifies a connection as long as the loop exists, also in other threads: slot and generation.
// No two connections of a loop have the same id, and none has that of a default ConnectionId. After
// 2^32 - 1 connections a slot has no generation left, and is not used again.
struct ConnectionId {
  std::uint32_t slot = 0;
  std::uint32_t generation = 0;
  friend bool operator==(ConnectionId a, ConnectionId b) noexcept {
    return a.slot == b.slot && a.generation == b.generation;
  }
};

struct PeerCredentials {
  uid_t user = 0;
  gid_t group = 0;
  pid_t process = 0;  // 0 if the system does not say it
};

// The process that connected to a Unix socket, as it was then, for example in
// ListenerOptions::admit. Nothing on another socket, and if the system does not say it. One system
// call.
SLUICE_EXPORT std::optional<PeerCredentials> peer_credentials_of(int socket) noexcept;

class SLUICE_EXPORT Connection : private IdleList::Node {
 public:
  enum class State : std::uint8_t { opening, open, flushing, lingering, closed };

  // Makes a connection on a connected stream socket, for example from socketpair() or an inherited
  // descriptor. on_open() has run when it returns, also in another connection's callback; with a
  // transport, on_open() runs when the handshake is done. REQUIRES: `protocol` is not null.
  // Throws std::system_error (EPROTOTYPE for a socket that is not a stream, SOCK_DGRAM or
  // SOCK_SEQPACKET; getsockopt(), fcntl(), getpeername() on a descriptor that is not a socket;
  // ECANCELED in an on_close() while the loop is destroyed, and if the TransportFactory returns
  // null), std::bad_alloc, and the exceptions of the TransportFactory.
  static Connection& adopt(Loop& loop, Fd socket, ProtocolRef protocol,
                           const ConnectionOptions& options = {});
  // Null if the connection has been closed and freed.
  static Connection* find(Loop& loop, ConnectionId id) noexcept;
  // Calls `visit` for each connection in the places from `first` up to `first + count` of the
  // loop's table, and returns the place after these, or 0 if there are no more. One call for
  // thousands of connections would hold up a turn. Connections that are opened or closed between
  // two calls may be missing. `visit` may close connections, and must not open one.
  static std::uint32_t visit(Loop& loop, std::uint32_t first, std::uint32_t count,
                             const std::function<void(Connection&)>& visit);

  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // --- Sending: legal anywhere; does nothing after shutdown(), close() or abort() ---
  void send(std::span<const std::byte> bytes);
  void send(std::string_view text) { send(bytes_of(text)); }
  void send(const Payload& payload);  // counted, not copied
  // Several parts in their order, each of them bytes or text: all, or none if that exceeds
  // queue_limit.
  void send(std::span<const std::span<const std::byte>> parts);
  template <class First, class Second, class... More>
  void send(const First& first, const Second& second, const More&... more) {
    const std::span<const std::byte> parts[] = {bytes_of(first), bytes_of(second),
                                                bytes_of(more)...};
    send(std::span<const std::span<const std::byte>>(parts));
  }

  // --- Ending: legal anywhere, also in another connection's callback ---
  void shutdown();  // half-close: sends the queue, then the peer sees an end; no more sends
  // Stops reading, sends the queue, then closes; on_close() follows. While `opening` it closes at
  // once, and counts as aborted if that drops sent bytes.
  void close() noexcept;
  void abort() noexcept;  // drops the queue; the peer sees a reset (an end, on a Unix socket)

  // --- Moving to another loop ---
  // Closes it here, where on_close() gets CloseReason::moved, and opens it again in the loop with
  // this index in its listener's pool (ListenerOptions::pool): there the factory makes a handler,
  // and on_open() runs. The listener counts it as one connection. A loop that is stalled does not
  // get it; another one does. Does nothing unless the connection is open. REQUIRES: its listener
  // has a pool with such a loop, which is not this one; it has no transport; nothing was received
  // or sent.
  void move_to(std::size_t loop) noexcept;

  // --- Reading: counted, so that several owners can pause at once ---
  // After more than kMaxPauses at a time it stays paused until it is closed.
  static constexpr std::uint8_t kMaxPauses = 254;
  void pause() noexcept;
  // Unconsumed input is delivered again at the end of this turn. REQUIRES: one pause() for each
  // resume().
  void resume() noexcept;
  // A paused connection does not notice that its peer has gone. After this call,
  // Protocol::on_hangup() runs when the peer ends its stream, once, unless on_eof() has run; a
  // reset closes the connection at once. For a handler that would stop a job then. Does nothing if
  // the peer has ended already, or after close(). Costs a system call, and a second epoll instance
  // for the loop. Throws std::system_error: EOPNOTSUPP (not on Linux), ENOSPC, ENOMEM, EMFILE.
  void watch_hangup();
  [[nodiscard]] bool paused() const noexcept {
    return pauses_ != 0 || (backpressure_ && !keep_reading_);
  }

  // For a handler that finds several messages in one on_data(), asked after each of them: whether
  // it may handle another one now. False when it is paused or no longer open, and when this turn
  // has handled as much of its input as it may (LoopOptions::turn_budget, turn_messages). Then
  // return what is consumed: in the last case the rest is shown again in the next turn, also when
  // nothing more arrives. REQUIRES: called from on_data() of this connection.
  [[nodiscard]] bool may_continue() noexcept;
  // For message_timeout: a handler that consumes parts of messages calls it in on_data().
  // `completed`: a message has ended. `begun`: the last message is not complete yet. Without this
  // call, the consumed bytes count as a complete message, and the rest begins the next one.
  void note_messages(bool completed, bool begun) noexcept {
    messages_noted_ = true;
    message_completed_ = completed;
    message_begun_ = begun;
  }

  [[nodiscard]] State state() const noexcept { return state_; }
  // Whether on_open() has been called. For on_close(): false if the handshake failed.
  [[nodiscard]] bool opened() const noexcept { return opened_; }
  [[nodiscard]] bool peer_ended() const noexcept { return peer_ended_; }
  [[nodiscard]] Loop& loop() const noexcept;
  // The one that accepted it; null for another one, and when it has been destroyed.
  [[nodiscard]] const Listener* listener() const noexcept;
  [[nodiscard]] ConnectionId id() const noexcept { return {slot_, generation_}; }
  // What is in force. Valid until set_options(), or as long as the connection.
  [[nodiscard]] const ConnectionOptions& options() const noexcept;
  // Changes the timeouts, the marks and the limits, for example after an upgrade or a login. What
  // runs begins anew: the idle and the write timeout, and the time of a message that has begun. In
  // on_open(), first_message_timeout begins. A new high_water counts at once for what is queued;
  // smaller limits count for what comes later. options.transport has no effect. A Listener goes on
  // counting the connection. Does nothing after close(). Connections with the same options share
  // their state; a connection with options of its own costs about a kilobyte. Throws
  // std::bad_alloc, and then changes nothing.
  void set_options(const ConnectionOptions& options);
  // The transport's address of the peer, if it has one, such as from a PROXY header; else the
  // socket's.
  [[nodiscard]] Address peer() const;
  [[nodiscard]] Address socket_peer() const noexcept { return peer_.expand(); }
  // Null on a plain socket. Valid as long as the connection.
  [[nodiscard]] Transport* transport() const noexcept { return transport_.get(); }
  // peer_credentials_of() its socket.
  [[nodiscard]] std::optional<PeerCredentials> peer_credentials() const noexcept;
  [[nodiscard]] Address local() const noexcept;  // one system call; unspecified if it fails
  [[nodiscard]] std::uint64_t bytes_in() const noexcept { return bytes_in_; }
  [[nodiscard]] std::uint64_t bytes_out() const noexcept { return bytes_out_; }
  [[nodiscard]] std::chrono::seconds age() const noexcept;  // since it was made
  // How long no byte has gone either way. Nothing if no idle_timeout watches that, or while a
  // message timeout runs instead.
  [[nodiscard]] std::optional<std::chrono::milliseconds> idle() const noexcept;
  [[nodiscard]] std::size_t queued() const noexcept;  // sent, and not yet accepted by the system
  // The input that on_data() has not consumed.
  [[nodiscard]] std::span<const std::byte> unconsumed() const noexcept { return input_.bytes(); }
  // CloseReason::open before it is closed.
  [[nodiscard]] CloseReason close_reason() const noexcept { return reason_; }
  [[nodiscard]] Protocol& protocol() const noexcept { return *protocol_.get(); }
  // Replaces the handler, for example after an upgrade to another protocol. The old one is not
  // called any more, not even its on_close(). If the connection owned it, it is destroyed at the
  // end of the turn; so it may make the call itself. The new one gets on_open() only if the
  // connection is still opening. What is unconsumed is delivered to it at the end of the turn, also
  // what on_data() leaves that makes the call. REQUIRES: `protocol` is not null; not in on_close()
  // of this connection; it is not part of a relay. Throws std::bad_alloc, and then changes nothing.
  void set_protocol(ProtocolRef protocol);

  // --- Draining: counted ---
  // Its handler still owes the peer an answer, for example the result of a job in another thread. A
  // drain leaves the connection open, and reads it, until unhold() was called as often as hold(),
  // or until its deadline. Timeouts go on. Does nothing when closed. REQUIRES: at most kMaxHolds at
  // a time.
  static constexpr std::uint16_t kMaxHolds = 65'535;
  void hold() noexcept;
  void unhold() noexcept;

  // Gives the socket to the caller: to another thread, process or library. The connection closes
  // as after close(), without a word to the peer: on_close() runs at the end of the turn. First it
  // tries once to write the queue; `unsent` is what the system did not accept, which the caller
  // sends before anything else. What is unconsumed is dropped, so copy it first: unconsumed(), or
  // in on_data() the rest of `in`. REQUIRES: it is not part of a relay. Throws std::system_error,
  // and then releases nothing: EINVAL (not open, shut down, or without a plain socket), EBUSY (a
  // part of a file is queued), the error of the write, which also closes the connection; and
  // std::bad_alloc.
  struct Released {
    Fd socket;  // non-blocking
    std::vector<std::byte> unsent;
  };
  [[nodiscard]] Released release();

  // The descriptor, for options of the socket and for what the system says about it (SO_KEEPALIVE,
  // SO_RCVBUF, IP_TOS, TCP_INFO). -1 in memory, and when closed. REQUIRES: the program does not
  // read, write, shut down or close it, and leaves it non-blocking.
  [[nodiscard]] int native_handle() const noexcept {
    return state_ == State::closed ? -1 : watcher_.fd();
  }

 private:
  friend class ConnectionGroup;
  friend class ConnectionTable;
  friend class HangupWatch;
  friend class MemoryBudget;
  friend class MemoryPeer;
  friend class RelayEnd;

  SLUICE_LOCAL Connection(ConnectionGroup& group, std::uint32_t slot,
                          std::uint32_t generation) noexcept;
  SLUICE_LOCAL ~Connection();

  // connection.cc: the states
  SLUICE_LOCAL void attach(int fd, std::unique_ptr<Transport> transport, const Address& peer,
                           ProtocolRef protocol);
  SLUICE_LOCAL void begin() noexcept;
  SLUICE_LOCAL void opened_now();
  // True if it is closed: on_close() runs next, and then it is freed.
  [[nodiscard]] SLUICE_LOCAL bool end_of_turn() noexcept;
  // Closes now; on_close() runs at the end of the turn.
  SLUICE_LOCAL void finish(CloseReason reason, int error = 0) noexcept;
  SLUICE_LOCAL void after_flush();
  SLUICE_LOCAL void linger();
  SLUICE_LOCAL void close_descriptor() noexcept;
  [[nodiscard]] SLUICE_LOCAL int release_descriptor() noexcept;
  SLUICE_LOCAL void notify_closed() noexcept;
  SLUICE_LOCAL void mark_dirty() noexcept;
  SLUICE_LOCAL void release_output() noexcept;
  SLUICE_LOCAL void update_interest() noexcept;
  [[nodiscard]] SLUICE_LOCAL int interest() const noexcept;  // the events that it waits for
  SLUICE_LOCAL void fail(int error) noexcept;                // a read or a write has failed
  template <class Callback>
  bool call(std::string_view name, Callback&& callback) noexcept;
  // Exceptions of handlers are caught separately, so an exception of `work` means that a buffer got
  // no memory.
  template <class Work>
  void contain(Work&& work) noexcept;
  // Whether it waits for any of `events`.
  [[nodiscard]] SLUICE_LOCAL bool is_ready(int events) const noexcept;
  SLUICE_LOCAL static void on_idle(IdleList::Node& node);
  SLUICE_LOCAL static void on_open_timeout(IdleList::Node& node);
  SLUICE_LOCAL static void on_stalled(IdleList::Node& node);
  SLUICE_LOCAL static void on_lingered(IdleList::Node& node);

  // connection_adopt.cc
  SLUICE_LOCAL void end_hangup_watch() noexcept;
  SLUICE_LOCAL void hung_up(int error) noexcept;  // 0: the end of the stream

  // connection_io.cc: reading
  SLUICE_LOCAL void on_ready(int events) noexcept;
  SLUICE_LOCAL void read_ready();
  SLUICE_LOCAL std::size_t read_once(std::span<std::byte> room);
  SLUICE_LOCAL void note_read(std::size_t size);
  SLUICE_LOCAL void read_nothing(ssize_t result);  // of a read: 0, or -1 and errno
  [[nodiscard]] SLUICE_LOCAL std::span<std::byte> read_room() const noexcept;
  // Not before unconsumed input has been delivered again: the end may be next, and would come
  // first.
  [[nodiscard]] bool may_read() const noexcept {
    return state_ == State::open && !peer_ended_ && !paused() && !redeliver_;
  }
  SLUICE_LOCAL void discard_input();
  SLUICE_LOCAL void deliver(std::span<const std::byte> bytes);
  SLUICE_LOCAL void keep_input(std::span<const std::byte> bytes);
  SLUICE_LOCAL void redeliver();
  SLUICE_LOCAL void postpone();  // shows what is unconsumed again in the next turn
  SLUICE_LOCAL void next_turn() noexcept;
  // Whether its owner or the turn's budget keeps it from reading what the peer has sent. The loop's
  // memory budget does not count: an idle timeout then ends what else would hold that memory.
  [[nodiscard]] SLUICE_LOCAL bool is_held_back() const noexcept;
  SLUICE_LOCAL void peer_end();
  SLUICE_LOCAL ssize_t system_read(std::span<std::byte> into);

  static std::span<const std::byte> bytes_of(std::span<const std::byte> bytes) { return bytes; }
  static std::span<const std::byte> bytes_of(std::string_view text) {
    return std::as_bytes(std::span(text.data(), text.size()));
  }

  // connection_write.cc: writing
  SLUICE_LOCAL void flush();
  SLUICE_LOCAL void flush_queue(bool steady);
  SLUICE_LOCAL void write_queue();
  SLUICE_LOCAL void overflow(std::size_t size) noexcept;
  [[nodiscard]] SLUICE_LOCAL std::size_t waiting() const noexcept;  // queued(), inline
  SLUICE_LOCAL OutputQueue& output(std::size_t size);               // to append so many bytes
  [[nodiscard]] SLUICE_LOCAL bool accepts(std::size_t size, std::size_t cost) noexcept;
  SLUICE_LOCAL void append(std::span<const std::byte> bytes);
  [[nodiscard]] SLUICE_LOCAL bool exceeds_limit(std::size_t cost) const noexcept;
  [[nodiscard]] SLUICE_LOCAL ssize_t write_file(std::size_t& size);
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
  // For a relay. Bytes of the other connection, written at once if nothing is queued.
  SLUICE_LOCAL void forward(std::span<const std::byte> bytes);
  // The same for bytes in a pipe. REQUIRES: a plain socket, and nothing is queued.
  SLUICE_LOCAL void forward(const Pipe& pipe, std::size_t size);

  // connection_drain.cc: delivering input during a drain
  SLUICE_LOCAL void begin_draining() noexcept;
  SLUICE_LOCAL void read_last() noexcept;
  [[nodiscard]] SLUICE_LOCAL bool owes() const noexcept;
  [[nodiscard]] SLUICE_LOCAL bool hands_over() const noexcept;
  SLUICE_LOCAL void check_owed() noexcept;
  [[nodiscard]] SLUICE_LOCAL std::size_t unread() const noexcept;

  // memory_budget.cc: the memory budget of the loop
  [[nodiscard]] SLUICE_LOCAL std::size_t held() const noexcept;  // bytes of memory
  SLUICE_LOCAL void set_over_budget(bool over) noexcept;

  // connection_message.cc: the timeouts of messages
  SLUICE_LOCAL void touch();  // bytes have been transferred
  SLUICE_LOCAL void touch_in_message();
  SLUICE_LOCAL void follow_messages(std::size_t consumed);
  SLUICE_LOCAL void await_first_message();
  SLUICE_LOCAL void restart_message() noexcept;
  SLUICE_LOCAL void end_message() noexcept;
  SLUICE_LOCAL void begin_message_anew(bool in_message);
  [[nodiscard]] SLUICE_LOCAL bool is_overdue() const noexcept;
  SLUICE_LOCAL static void on_message_timeout(IdleList::Node& node);

  // connection_transport.cc: the differences with a transport
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

  // Ordered by size, because there may be very many: 152 bytes in all (connection.cc checks).
  // Until it is closed, the number of hold() without an unhold(); then the errno of
  // CloseReason::system_error and peer_reset.
  std::uint16_t holds_or_error_ = 0;
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
  // When the current message began, in milliseconds of the loop's clock. In a drain, the number of
  // bytes that had arrived before it and have not been read yet. When moved, the index of the loop.
  std::uint32_t mark_ = 0;
  CloseReason reason_ : 6 = CloseReason::open;
  bool opened_ : 1 = false;           // on_open() was called
  bool peer_ended_ : 1 = false;       // the peer will send no more
  bool shutdown_wanted_ : 1 = false;  // after the queue has been sent
  bool shutdown_done_ : 1 = false;
  bool backpressure_ : 1 = false;    // above the high-water mark, and not below the low one since
  bool keep_reading_ : 1 = false;    // ConnectionOptions::keep_reading
  bool counted_pause_ : 1 = false;   // counted in Counters::paused
  bool blocked_ : 1 = false;         // the system accepts no more until the next event
  bool in_callback_ : 1 = false;     // the output is written when it returns
  bool wrote_directly_ : 1 = false;  // in this callback
  bool collecting_ : 1 = false;      // has bytes in the loop's write buffer
  bool dirty_ : 1 = false;           // end_of_turn() is requested
  bool redeliver_ : 1 = false;       // deliver the unconsumed input again
  bool postponed_ : 1 = false;       // in the next turn, not before
  bool reads_large_ : 1 = false;     // the handler has consumed a full read at once
  bool reset_ : 1 = false;           // the peer must see a reset
  bool timed_ : 1 = false;           // mark_ counts for a timeout
  bool watches_hangup_ : 1 = false;  // it is in the HangupWatch
  bool over_budget_ : 1 = false;     // paused by the loop's MemoryBudget
  bool by_traffic_ : 1 = false;      // it is checked when bytes are transferred; else in a list
  bool first_message_ : 1 = false;   // the timeout is first_message_timeout
  bool messages_noted_ : 1 = false;  // by note_messages(), in this on_data()
  bool message_completed_ : 1 = false;
  bool message_begun_ : 1 = false;
  // In a drain: is read in the current pass; has not delivered all input that had arrived; or has,
  // and waits for the next pass, which closes it.
  enum class Draining : std::uint8_t { no, in_pass, owes, ready };
  Draining draining_ : 2 = Draining::no;
};

}  // namespace sluice

#endif
