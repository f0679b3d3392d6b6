#include "dns_questions.h"

#if __has_include(<sys/random.h>)
#include <sys/random.h>
#endif
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <new>
#include <utility>

#include "../base/text/host_name.h"
#include "resolver_types.h"

namespace sluice {
namespace {

constexpr std::size_t kIdSize = 2;

// is_same_name() ignores case. The bytes outside the name are not letters, so this changes nothing.
bool is_same(std::string_view message, std::string_view other) noexcept {
  return is_same_name(message.substr(kIdSize), other.substr(kIdSize));
}

}  // namespace

// Not drawn in advance: after a fork() the child would use the same ids.
std::uint16_t random_dns_id() {
  std::uint16_t id = 0;
  if (::getentropy(&id, sizeof id) != 0) {
    throw std::system_error(errno, std::generic_category(),
                            "resolver: getentropy() gives no random numbers, and without them the "
                            "ids of questions can be guessed");
  }
  return id;
}

DnsQuestions::DnsQuestions(LoopComponent& component, const AresSettings& settings)
    : component_(component), settings_(settings) {
  (void)random_dns_id();
}

void DnsQuestions::ask(std::string_view name, DnsType type, Asker asker) {
  std::string message = dns_question(name, type);
  Loop& loop = component_.loop();
  for (Question& one : questions_) {
    if (!is_same(one.message, message) || loop.now() - one.asked >= settings_.try_timeout()) {
      continue;
    }
    one.askers.push_back(asker);
    return;
  }
  set_dns_id(message, random_dns_id());
  List list(1);
  Question& question = list.front();
  question.message = std::move(message);
  question.asked = loop.now();
  question.askers.push_back(asker);
  // Make room for the channel now, because release() must not fail.
  if (idle_.empty()) {
    idle_.reserve(questions_.size() + answered_.size() + 1);
    AresChannel::Owner& owner = *this;
    question.channel = std::make_unique<AresChannel>(loop, settings_, owner);
  } else {
    question.channel = std::move(idle_.back());
    idle_.pop_back();
  }
  questions_.splice(questions_.end(), list);
  question.channel->ask(question.message);
}

void DnsQuestions::forget(Asker asker) noexcept {
  for (List* list : {&questions_, &answered_}) {
    for (auto one = list->begin(); one != list->end();) {
      std::erase(one->askers, asker);
      if (!one->askers.empty()) {
        ++one;
        continue;
      }
      if (!one->answer) one->channel->cancel();
      release(std::move(one->channel));
      one = list->erase(one);
    }
  }
}

std::optional<DnsQuestions::Question> DnsQuestions::next_answered() {
  if (answered_.empty()) return {};
  Question question = std::move(answered_.front());
  answered_.pop_front();
  release(std::move(question.channel));
  return question;
}

void DnsQuestions::release(std::unique_ptr<AresChannel> channel) noexcept {
  idle_.push_back(std::move(channel));
}

void DnsQuestions::on_answer(AresChannel& channel, AresChannel::Asked& /*asked*/,
                             std::error_code error,
                             std::span<const unsigned char> message) noexcept {
  const auto question =
      std::find_if(questions_.begin(), questions_.end(),
                   [&channel](const Question& one) { return one.channel.get() == &channel; });
  if (question == questions_.end()) return;
  try {
    question->answer =
        error ? DnsAnswer{error, {}, {}} : read_dns_answer(message, question->message);
  } catch (const std::bad_alloc&) {
    question->answer = DnsAnswer{ResolverError::no_memory, {}, {}};
  }
  answered_.splice(answered_.end(), questions_, question);
  component_.request_end_of_turn();
}

}  // namespace sluice
