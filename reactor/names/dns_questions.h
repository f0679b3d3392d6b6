// The questions that a resolver has sent and that have not been answered.
//
// What it is: each question has its own channel, and so its own port, and a random id from the
// system. A question that is in its first try is not sent a second time: further askers share its
// answer. So an attacker who makes a resolver look up one name many times gets no more chances to
// guess the id and the port.
// Lifetime: must be destroyed before its loop; `settings` must outlive it. A channel is kept for
// the next question until rest().
// Thread: the loop's.
// Errors: the constructor throws std::system_error if the system gives no random numbers; ask()
// throws that and std::bad_alloc, and then changes nothing.
// Source: RFC 5452, 4.3, 4.5 and 5.
#ifndef SLUICE_REACTOR_NAMES_DNS_QUESTIONS_H
#define SLUICE_REACTOR_NAMES_DNS_QUESTIONS_H

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "../loop/loop_component.h"
#include "ares_channel.h"
#include "ares_settings.h"
#include "dns_message.h"

namespace sluice {

// An id for a question. Throws std::system_error if the system gives no random numbers.
std::uint16_t random_dns_id();

class DnsQuestions final : private AresChannel::Owner {
 public:
  using Asker = std::uint64_t;

  // `component` must call deliver() at the end of a turn.
  DnsQuestions(LoopComponent& component, const AresSettings& settings);
  DnsQuestions(const DnsQuestions&) = delete;
  DnsQuestions& operator=(const DnsQuestions&) = delete;
  ~DnsQuestions() = default;

  // REQUIRES: is_host_name(name).
  void ask(std::string_view name, DnsType type, Asker asker);
  // The asker wants no more answers. A question whose last asker has left is cancelled.
  void forget(Asker asker) noexcept;
  // Calls take(asker, answer) for each answer that has arrived. `take` may call ask() and forget().
  template <class Take>
  void deliver(Take take) {
    while (std::optional<Question> question = next_answered()) {
      for (const Asker asker : question->askers) take(asker, *question->answer);
    }
  }
  // Frees the channels that no question uses.
  void rest() noexcept { idle_.clear(); }

 private:
  struct Question {
    std::string message;  // with its id
    TimePoint asked;
    std::vector<Asker> askers;
    std::unique_ptr<AresChannel> channel;
    std::optional<DnsAnswer> answer;
  };
  using List = std::list<Question>;

  std::optional<Question> next_answered();
  void release(std::unique_ptr<AresChannel> channel) noexcept;
  void on_answer(AresChannel& channel, AresChannel::Asked& asked, std::error_code error,
                 std::span<const unsigned char> message) noexcept override;

  LoopComponent& component_;
  const AresSettings& settings_;
  std::vector<std::unique_ptr<AresChannel>> idle_;
  List questions_;
  List answered_;
};

}  // namespace sluice

#endif
