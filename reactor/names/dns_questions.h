// The questions that a resolver has asked and that are not answered.
//
// What it is: each question goes out by a channel, and so by a port, of its own, with an id from
// the system's random numbers. A question that is asked already, in its first try, is not asked
// again: the askers share its answer. So an attacker who makes a resolver look up one name often
// does not get more chances to guess the id and the port of a question.
// Lifetime: must go before its loop; `settings` must outlive it. A channel is kept for the next
// question until rest().
// Thread: the loop's.
// Errors: the constructor throws std::system_error when the system gives no random numbers; ask()
// throws that and std::bad_alloc, and leaves nothing behind.
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

class DnsQuestions final : private AresChannel::Owner {
 public:
  using Asker = std::uint64_t;

  // `component` calls deliver() at the end of a turn.
  DnsQuestions(LoopComponent& component, const AresSettings& settings);
  DnsQuestions(const DnsQuestions&) = delete;
  DnsQuestions& operator=(const DnsQuestions&) = delete;
  ~DnsQuestions() = default;

  // REQUIRES: is_host_name(name).
  void ask(std::string_view name, DnsType type, Asker asker);
  // The asker wants no more answers. What nobody wants is not asked any more.
  void forget(Asker asker) noexcept;
  // Calls take(asker, answer) for each answer that has come. It may ask and forget.
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
  void on_answer(AresChannel& channel, std::error_code error,
                 std::span<const unsigned char> message) noexcept override;

  LoopComponent& component_;
  const AresSettings& settings_;
  std::vector<std::unique_ptr<AresChannel>> idle_;
  List questions_;
  List answered_;
};

}  // namespace sluice

#endif
