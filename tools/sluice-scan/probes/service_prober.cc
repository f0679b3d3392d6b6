#include "service_prober.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>
#include <utility>
#include <vector>

#include "../../../reactor/base/try_again.h"
#include "../../../reactor/loop/watch.h"
#include "protocol.h"

namespace sluice::tools::scan {
namespace {

constexpr std::chrono::milliseconds kTick{50};

}  // namespace

class ServiceProber::Conversation {
 public:
  Conversation(ServiceProber& prober, Fd socket, const Address& target, Done done)
      : prober_(prober),
        target_(target),
        done_(std::move(done)),
        requests_(requests_for(target.port())) {
    requests_.resize(std::min(requests_.size(), kMaxRequests));
    use(std::move(socket));
    state_ = State::listening;
    const bool knows = !requests_.empty() && has_port(*requests_.front());
    if (knows) (void)ask();
  }
  Conversation(const Conversation&) = delete;
  Conversation& operator=(const Conversation&) = delete;
  ~Conversation() { hang_up(); }

  // False if the conversation is over.
  bool check_time(TimePoint now) {
    if (state_ == State::connecting) return now - since_ < prober_.options_.patience || go_on();
    const auto patience = prober_.options_.patience;
    // A peer that trickles never pauses.
    if (!said_.empty()) return (now - heard_ < kPause && now - since_ < patience) || go_on();
    return now - since_ < (state_ == State::listening ? kGreeting : patience) || go_on();
  }

  void tell() { done_(std::move(found_)); }

 private:
  enum class State { listening, connecting, asked };

  [[nodiscard]] bool has_port(const Protocol& protocol) const {
    const auto& ports = protocol.ports;
    return std::find(ports.begin(), ports.end(), target_.port()) != ports.end();
  }

  void use(Fd socket) {
    fd_ = std::move(socket);
    watch_ = std::make_unique<Watch>(prober_.loop_, fd_.get(), [this](int events) {
      if (!on_ready(events)) prober_.end(*this);  // which destroys this
    });
    watch_->watch(kReadable);
    said_.clear();
    since_ = prober_.loop_.now();
  }

  void hang_up() {
    watch_.reset();       // before the descriptor is closed
    close_by_reset(fd_);  // so that nothing of ours stays in TIME_WAIT
  }

  bool on_ready(int events) {
    if (state_ == State::connecting) return (events & kWritable) == 0 || on_connected();
    std::array<char, kMaxAnswer> buffer;
    const ssize_t count = ::recv(fd_.get(), buffer.data(), kMaxAnswer - said_.size(), MSG_DONTWAIT);
    if (count < 0 && try_again(errno)) return true;
    if (count <= 0) return go_on();
    said_.append(buffer.data(), static_cast<std::size_t>(count));
    heard_ = prober_.loop_.now();
    return said_.size() < kMaxAnswer || go_on();
  }

  bool on_connected() {
    if (const int error = pending_error(fd_.get())) return error == EINPROGRESS;
    if (is_connected_to_itself(fd_.get(), target_)) return false;
    if (!hands_over_) return ask();
    watch_.reset();
    found_.tls = std::move(fd_);
    return false;
  }

  // The answer, or the silence instead of one, is complete.
  bool go_on() {
    if (hands_over_) return false;
    if (state_ != State::connecting) {
      const Protocol* const asked = state_ == State::asked ? requests_[next_ - 1] : nullptr;
      if (auto facts = read_service({said_, target_.port()}, asked)) {
        return understood(std::move(*facts), asked);
      }
      if (found_.facts) return finish();
      if (found_.unknown.empty()) found_.unknown = said_;
    }
    if (next_ == requests_.size()) return false;
    // A server that waits for its client can be asked on the same connection.
    return state_ == State::listening && said_.empty() && is_connected(fd_.get()) ? ask()
                                                                                  : connect();
  }

  // A service may reject the request of another protocol without its name and version. Then its own
  // is sent, once.
  bool understood(ServiceFacts facts, const Protocol* asked) {
    const auto all = protocols();
    const auto own = std::find_if(all.begin(), all.end(), [&facts](const Protocol& each) {
      return each.name == facts.protocol && !each.request.empty();
    });
    const bool again = facts.product.empty() && own != all.end() && &*own != asked && !found_.facts;
    if (!found_.facts || !facts.product.empty()) found_.facts = std::move(facts);
    if (!again) return finish();
    requests_.insert(requests_.begin() + static_cast<std::ptrdiff_t>(next_), &*own);
    return connect();
  }

  bool finish() {
    found_.unknown.clear();
    hands_over_ = prober_.options_.wants_tls && found_.facts->protocol == "tls";
    return hands_over_ && connect();
  }

  bool connect() {
    hang_up();
    Fd socket;
    if (open_connect_socket(socket, target_, prober_.options_.from) != 0) return false;
    if (::connect(socket.get(), target_.data(), target_.size()) != 0 && errno != EINPROGRESS) {
      return false;
    }
    use(std::move(socket));
    watch_->watch(kReadable | kWritable);
    state_ = State::connecting;
    return true;
  }

  bool ask() {
    const std::string& request = requests_[next_++]->request;
    state_ = State::asked;
    since_ = prober_.loop_.now();
    watch_->watch(kReadable);
    // An empty socket takes a request as a whole.
    (void)::send(fd_.get(), request.data(), request.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    return true;
  }

  ServiceProber& prober_;
  Address target_;
  Done done_;
  std::vector<const Protocol*> requests_;
  std::size_t next_ = 0;  // of these
  State state_ = State::listening;
  bool hands_over_ = false;
  Found found_;
  Fd fd_;
  TimePoint since_{};
  TimePoint heard_{};
  std::string said_;
  std::unique_ptr<Watch> watch_;
};

ServiceProber::ServiceProber(Loop& loop, Options options)
    : loop_(loop), options_(std::move(options)), timer_(loop, [this] { check_times(); }) {}

ServiceProber::~ServiceProber() = default;

void ServiceProber::add(Fd socket, const Address& target, Done done) {
  talking_.push_back(
      std::make_unique<Conversation>(*this, std::move(socket), target, std::move(done)));
  if (!timer_.running()) timer_.start_repeating(kTick);
}

void ServiceProber::end(Conversation& conversation) {
  const auto found =
      std::find_if(talking_.begin(), talking_.end(),
                   [&conversation](const auto& each) { return each.get() == &conversation; });
  const std::unique_ptr<Conversation> ended = std::move(*found);
  talking_.erase(found);
  if (talking_.empty()) timer_.stop();
  ended->tell();
}

void ServiceProber::check_times() {
  const TimePoint now = loop_.now();
  std::list<std::unique_ptr<Conversation>> over;
  for (auto each = talking_.begin(); each != talking_.end();) {
    const auto next = std::next(each);
    if (!(*each)->check_time(now)) over.splice(over.end(), talking_, each);
    each = next;
  }
  if (talking_.empty()) timer_.stop();
  for (const auto& conversation : over) conversation->tell();
}

void ServiceProber::finish() {
  timer_.stop();
  const auto over = std::exchange(talking_, {});
  for (const auto& conversation : over) conversation->tell();
}

}  // namespace sluice::tools::scan
