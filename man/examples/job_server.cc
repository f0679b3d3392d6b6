// A job server on all processors. Each line is a job: a number, whose answer
// is how many primes there are below it. A loop that works on a long job gets
// no new clients meanwhile, so nobody waits for another one's job.
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <exception>
#include <memory>
#include <string>
#include <string_view>

#include <sluice/connection.h>
#include <sluice/listener.h>
#include <sluice/loop_pool.h>
#include <sluice/signals.h>

namespace {

int primes_below(int limit) {
  int count = 0;
  for (int number = 2; number < limit; ++number) {
    bool is_prime = true;
    for (int i = 2; i <= number / i && is_prime; ++i)
      is_prime = number % i != 0;
    if (is_prime) ++count;
  }
  return count;
}

// One for each connection, made and used in the thread of its loop.
class Worker final : public sluice::Protocol {
 public:
  std::size_t on_data(sluice::Connection& client,
                      std::span<const std::byte> in) override {
    std::string_view text(reinterpret_cast<const char*>(in.data()),
                          in.size());
    // One job at a time, so that the loop's other clients have their turns.
    while (client.may_continue()) {
      const std::size_t end = text.find('\n');
      if (end == text.npos) break;
      client.send(answer(text.substr(0, end)) + '\n');
      text.remove_prefix(end + 1);
    }
    return in.size() - text.size();
  }

 private:
  static std::string answer(std::string_view job) {
    constexpr int kMaxLimit = 1'000'000;
    int limit = 0;
    const char* const end = job.data() + job.size();
    const auto [rest, error] = std::from_chars(job.data(), end, limit);
    if (error != std::errc() || rest != end || limit < 0 ||
        limit > kMaxLimit) {
      return "a job is a number from 0 to 1000000";
    }
    return std::to_string(primes_below(limit));
  }
};

}  // namespace

int main(int argc, char** argv) try {
  const char* where = argc > 1 ? argv[1] : "tcp://127.0.0.1:7007";
  sluice::LoopPool pool;  // a loop for each processor
  sluice::ListenerOptions options;
  options.pool = &pool;
  options.max_connections = 1000;  // on all loops together
  const sluice::Listener listener(
      pool.first(), sluice::Endpoint::from(where),
      [](const sluice::Address&) { return std::make_unique<Worker>(); },
      options);
  const sluice::Signal terminate(pool.first(), SIGTERM, [&pool] {
    pool.drain(std::chrono::seconds(5));
  });
  std::printf("listening %s\n", listener.endpoint().to_string().c_str());
  std::fflush(stdout);
  pool.run();  // until all loops have drained
  const sluice::Counters counters = pool.counters();
  std::printf("served %llu connections on %zu loops\n",
              static_cast<unsigned long long>(counters.accepted),
              pool.size());
} catch (const std::exception& error) {
  std::fprintf(stderr, "job_server: %s\n", error.what());
  return 1;
}
