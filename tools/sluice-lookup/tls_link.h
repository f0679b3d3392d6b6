// A connection to one DNS server over TLS, which carries many questions at once.
//
// What it is: the stream of RFC 7766: each message after its length in two bytes. Questions have
// ids of this connection, and answers may come in any order. The connection is made when there is a
// question, and again after it has ended. A message whose id or question is not one of ours is
// dropped.
// The window is how many questions may be in flight; the others wait. It begins with kFirstWindow
// and grows by one with each answer, so it doubles in each round trip. A server that closes with
// unread questions resets the connection, and may destroy answers on their way, so a connection
// must not be filled before it has shown that it answers. After one that has left some questions
// unanswered, the next one begins with half of its window, kFirstWindow at most.
// Lifetime: must be destroyed before its loop; the owner outlives it. Thread: the loop's.
// Errors: send() throws std::bad_alloc. How a connection ended is passed to on_down().
// Source: RFC 7858; RFC 7766, 6.2 and 7.
#ifndef SLUICE_TOOLS_SLUICE_LOOKUP_TLS_LINK_H
#define SLUICE_TOOLS_SLUICE_LOOKUP_TLS_LINK_H

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <optional>
#include <span>
#include <string>
#include <system_error>
#include <unordered_map>
#include <vector>

#include "../../reactor/connect/connector.h"
#include "../../reactor/loop/loop.h"
#include "../../reactor/stream/connection.h"
#include "tls_server.h"

namespace sluice::tools::lookup {

class TlsLink {
 public:
  struct Question {
    const std::string* key = nullptr;        // its bytes, with the id 0
    TlsLink* link = nullptr;                 // that it was passed to
    std::optional<TimePoint> begun{};        // when it first had a place in a window
    std::uint16_t id = 0;                    // in the window; 0: it waits for a place there
    std::list<Question*>::iterator place{};  // while it waits
  };
  struct End {
    std::string why;            // for people
    bool has_answered = false;  // a question, since it was opened
    bool is_silent = false;     // it did not answer in time
    bool is_refused_certificate = false;
  };

  class Owner {
   public:
    virtual void on_answer(Question& question, std::span<const unsigned char> message) = 0;
    // `lost`: the questions of the window that have no answer, the oldest first. `waiting`: those
    // that had no place in it. The link has forgotten both.
    virtual void on_down(TlsLink& link, const End& end, const std::vector<Question*>& lost,
                         const std::list<Question*>& waiting) = 0;

   protected:
    ~Owner() = default;
  };

  static constexpr std::size_t kFirstWindow = 32;
  static constexpr std::size_t kMaxWindow = 50'000;  // there are 65,535 ids

  // `patience` limits the connecting with its handshake, and then the time until the next answer.
  // `max_window`: 1 to kMaxWindow.
  TlsLink(Loop& loop, TlsServer server, const TransportFactory& transport,
          std::chrono::milliseconds patience, std::size_t max_window, Owner& owner);
  TlsLink(const TlsLink&) = delete;
  TlsLink& operator=(const TlsLink&) = delete;
  ~TlsLink();

  [[nodiscard]] const TlsServer& server() const noexcept { return server_; }

  // The owner limits how many questions a link has. If it throws, the link may have the question.
  void send(Question& question);
  // Nobody waits for its answer any more.
  void forget(Question& question) noexcept;
  // Ends a connection that was not open, or has answered nothing, for `patience`, although
  // questions are in flight. Nothing else limits these times, so that there is one reason for each.
  // Gives the places of forgotten questions to others. Call it now and then.
  void check(TimePoint now);

 private:
  class Handler;

  void fill_window();
  void begin(Question& question);
  void connect();
  void write(const Question& question);
  void opened(Connection& connection);
  std::size_t take(std::span<const std::byte> in);
  void take_message(std::span<const unsigned char> message);
  void down(const End& end);

  Loop& loop_;
  TlsServer server_;
  std::chrono::milliseconds patience_;
  Owner& owner_;
  Handler* handler_ = nullptr;        // of the connection that is open or opens
  Connection* connection_ = nullptr;  // after its handshake
  bool has_answered_ = false;
  TimePoint progress_{};  // connecting began, it was open, an answer arrived, or a question waits
  std::size_t max_window_;
  std::size_t window_;
  std::uint16_t last_id_ = 0;
  std::unordered_map<std::uint16_t, Question*> in_flight_;
  std::list<Question*> waiting_;  // in the order of send()
  Connector connector_;
};

}  // namespace sluice::tools::lookup

#endif
