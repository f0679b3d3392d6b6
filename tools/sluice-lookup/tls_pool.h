// Many questions at once to DNS servers over TLS, each server over one connection.
//
// What it is: DnsPool for TLS. A question goes to one server; if its connection ends without any
// answer, or the server fails, it goes to the next one, `tries` times each server at most. The
// questions that a connection leaves unanswered after it has answered others are sent again, and
// this counts as no try: some servers close after a number of questions. Nor does a connection
// without an answer count as a try of a question that had no place in its window, unless the one
// before had no answer either. The deadline of a question begins when it has a place. A server
// whose certificate is refused is asked no more, and one that was silent not for kRest, as long as
// there is another. Why a server could not be asked is written to the standard error, once for each
// reason.
// Lifetime: must be destroyed before its loop. Thread: the loop's.
// Errors: the constructor throws std::system_error that names the file of roots, and the exceptions
// of AresSettings; ask() throws std::bad_alloc. Source: RFC 7858; RFC 8310, 5 (strict profile).
#ifndef SLUICE_TOOLS_SLUICE_LOOKUP_TLS_POOL_H
#define SLUICE_TOOLS_SLUICE_LOOKUP_TLS_POOL_H

#include <chrono>
#include <cstddef>
#include <list>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <system_error>
#include <unordered_map>
#include <vector>

#include "../../reactor/loop/timer.h"
#include "asking.h"
#include "tls_link.h"

namespace sluice::tools::lookup {

class TlsPool final : public Asking, private TlsLink::Owner {
 public:
  static constexpr std::chrono::seconds kRest{30};

  TlsPool(Loop& loop, const LookupOptions& options, DnsPool::Answered answered);
  ~TlsPool() override = default;

  void ask(std::string_view name, DnsType type, DnsPool::Asker asker) override;
  [[nodiscard]] bool has_room() const noexcept override {
    return questions_.size() < max_in_flight_;
  }

 private:
  struct Question : TlsLink::Question {
    std::vector<DnsPool::Asker> askers;
    std::size_t server = 0;
    unsigned tries = 0;     // that ended without an answer
    unsigned failures = 0;  // servers that have answered with one
    std::error_code failure;
  };
  struct Server {
    std::unique_ptr<TlsLink> link;
    bool is_refused = false;  // its certificate
    bool has_failed = false;  // its last connection, without an answer
    TimePoint rests_until{};
    std::set<std::string> reported;
  };

  void send(Question& question);
  void try_again(Question& question, std::error_code why);
  void finish(Question& question, std::error_code error, std::span<const unsigned char> message);
  void check();
  [[nodiscard]] bool is_any_left() const noexcept;
  void on_answer(TlsLink::Question& asked, std::span<const unsigned char> message) override;
  void on_down(TlsLink& link, const TlsLink::End& end, const std::vector<TlsLink::Question*>& lost,
               const std::list<TlsLink::Question*>& waiting) override;

  Loop& loop_;
  DnsPool::Answered answered_;
  std::chrono::milliseconds deadline_;
  std::size_t max_in_flight_;
  bool is_spread_;
  std::size_t next_server_ = 0;
  unsigned max_tries_;
  std::unordered_map<std::string, Question> questions_;  // by their bytes
  std::vector<Server> servers_;
  Timer timer_;
};

}  // namespace sluice::tools::lookup

#endif
