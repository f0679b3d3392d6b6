// Many questions of any type at once, over few sockets: for lists of names.
//
// What it is: each question goes to one server, with a random id and one of several sockets, whose
// ports the system chooses. At most kMaxShared questions in flight share a socket, so that their
// answers fit into its receive buffer, and after kMaxAsked questions it gets another port. A
// question that is in flight is not sent a second time: further askers share its answer. If no
// answer comes, the next server is asked, with a longer timeout; also if the answer is a failure,
// as long as there is a server that has not been asked. c-ares sends and matches, and changes to
// TCP for an answer that a datagram cannot hold. The pool knows no hosts file and no search
// domains.
// The number in flight adapts to the path (DnsWindow). The owner asks while has_room().
// Where the server answers much faster than `try_timeout` (DnsPatience), a question over datagrams
// gets a short try first, an eighth or a quarter as long, which does not count as one of `tries`.
// So a datagram that was lost does not cost the whole timeout.
// Lifetime: must be destroyed before its loop. The destructor calls nothing.
// Thread: the loop's.
// Errors: the constructor throws as Resolver does; ask() throws std::bad_alloc and
// std::system_error (no random numbers), and then changes nothing.
// Units: milliseconds. Source: RFC 1035, 7; RFC 5452, 4.3 and 5.
#ifndef SLUICE_REACTOR_NAMES_DNS_POOL_H
#define SLUICE_REACTOR_NAMES_DNS_POOL_H

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <unordered_map>
#include <vector>

#include "../loop/loop.h"
#include "../loop/loop_component.h"
#include "ares_channel.h"
#include "ares_settings.h"
#include "dns_message.h"
#include "dns_patience.h"
#include "dns_window.h"

namespace sluice {

struct DnsPoolOptions {
  static constexpr std::size_t kMaxInFlight = 50'000;

  // Empty: those of /etc/resolv.conf, of which the first is asked first. Else a question goes to
  // the next one of these in turn.
  std::vector<Address> servers{};
  std::chrono::milliseconds try_timeout{500};  // of the first try; doubles up to eightfold
  unsigned tries = 5;                          // for each server, 1 to ResolverOptions::kMaxTries;
                                               // with 1 there is no short try
  std::chrono::milliseconds deadline{10'000};  // of a question, from ask(); 0: none
  std::size_t in_flight = 2000;                // at most, 1 to kMaxInFlight
  bool over_tcp = false;
};

// Without an error, `message` is a DNS message that says "found" or "no such name".
struct DnsReply {
  std::error_code error;
  std::span<const unsigned char> message;
  std::string_view question;  // as dns_question() makes it
};

class DnsPool final : public LoopComponent, private AresChannel::Owner {
 public:
  using Asker = std::uint64_t;
  using Answered = std::function<void(Asker, const DnsReply&)>;

  static constexpr std::size_t kMaxShared = 128;  // with 1,280 bytes each in a buffer of 208 KiB
  static constexpr std::size_t kMaxAsked = 4096;

  // `answered` runs at the end of a turn, for each asker once. It may call ask(), and must
  // not destroy this object.
  DnsPool(Loop& loop, const DnsPoolOptions& options, Answered answered);
  ~DnsPool() override;

  // REQUIRES: is_host_name(name).
  void ask(std::string_view name, DnsType type, Asker asker);
  [[nodiscard]] std::size_t pending() const noexcept { return questions_.size(); }
  [[nodiscard]] bool has_room() const noexcept { return pending() < window_.size(); }

  void end_of_turn() override;

 private:
  // Of the timeout: an eighth and a quarter of the first for short tries, then 1, 2, 4 and 8 times.
  static constexpr unsigned kShortLevels = 2;
  static constexpr unsigned kFullLevels = 4;
  static constexpr unsigned kLevels = kShortLevels + kFullLevels;

  struct Socket;
  struct Question : AresChannel::Asked {
    const std::string* key = nullptr;
    std::vector<Asker> askers;
    TimePoint asked;
    TimePoint sent;  // the last try
    std::size_t server = 0;
    unsigned tries = 0;
    bool had_short_try = false;
    bool is_short_try = false;  // the last one
    unsigned failures = 0;      // servers that have answered with one
    Socket* socket = nullptr;
    std::error_code error;  // of the last try
    std::error_code failure;
    std::string message;
  };
  // The sockets with one server and one timeout.
  struct Group {
    std::unique_ptr<AresSettings> settings;
    std::vector<std::unique_ptr<Socket>> sockets;
    std::size_t last = 0;
  };

  void make_groups(const DnsPoolOptions& options);
  std::chrono::milliseconds timeout_of(unsigned level) const noexcept;
  Group* short_group_for(const Question& question) noexcept;
  Group* group_for(const Question& question) noexcept;
  Socket& socket_of(Group& group);
  [[nodiscard]] bool send(Question& question);
  void conclude(Question& question);
  void try_again(Question& question, std::error_code why);
  void finish(Question& question, std::error_code error);
  void on_answer(AresChannel& channel, AresChannel::Asked& asked, std::error_code error,
                 std::span<const unsigned char> message) noexcept override;

  Answered answered_;
  std::chrono::milliseconds first_timeout_;
  std::chrono::milliseconds deadline_;
  std::size_t servers_ = 0;
  bool is_spread_;  // each question begins with another server
  std::size_t next_server_ = 0;
  unsigned max_tries_;  // for all servers together
  bool may_be_short_;   // a first try
  DnsWindow window_;
  DnsPatience patience_;
  std::unordered_map<std::string, Question> questions_;  // by their bytes
  std::vector<Question*> done_;  // has room for all questions: on_answer() must not fail
  std::vector<Group> groups_;    // kLevels for each server; after the questions that they refer to
};

}  // namespace sluice

#endif
