#include "echo_times.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <thread>

namespace bench {
namespace {

// Between two questions: a server that is busy must not seem faster because it is asked less.
constexpr auto kPause = std::chrono::milliseconds(1);

}  // namespace

std::vector<double> echo_times(const Request& request, const std::atomic<bool>& stop) {
  const Pattern pattern;
  const int descriptor = connect_tcp(request.port);
  std::vector<char> answer(request.size);
  std::vector<double> milliseconds;
  for (std::uint64_t position = 0; !stop; position += request.size) {
    const auto question = pattern.at(position, request.size);
    const auto asked = Clock::now();
    require(static_cast<int>(send(descriptor, question.data(), question.size(), 0)), "send");
    if (recv(descriptor, answer.data(), answer.size(), MSG_WAITALL) !=
        static_cast<ssize_t>(answer.size())) {
      fail("the echo ended");
    }
    milliseconds.push_back(Seconds(Clock::now() - asked).count() * 1000);
    if (!pattern.matches(position, answer)) fail("an echo came back wrong");
    std::this_thread::sleep_for(kPause);
  }
  close(descriptor);
  std::sort(milliseconds.begin(), milliseconds.end());
  return milliseconds;
}

double percentile(const std::vector<double>& sorted, std::size_t percent) {
  return sorted[sorted.size() * percent / 100];
}

}  // namespace bench
