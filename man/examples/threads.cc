// An echo server with a loop in each of several threads. The kernel divides
// the newcomers of one port among them.
#include <chrono>
#include <csignal>
#include <cstdio>
#include <exception>
#include <list>
#include <thread>

#include <sluice/connection.h>
#include <sluice/listener.h>
#include <sluice/loop.h>
#include <sluice/signals.h>

namespace {

// It has no state, so that all threads can share one.
class Echo final : public sluice::Protocol {
  std::size_t on_data(sluice::Connection& connection,
                      std::span<const std::byte> in) override {
    connection.send(in);
    return in.size();
  }
};

class Worker {
 public:
  Worker(const sluice::Endpoint& endpoint, Echo& echo)
      : listener_(loop_, endpoint, echo, {.reuse_port = true}) {}
  ~Worker() {
    if (!thread_.joinable()) return;  // it was never started
    // Other threads may only post, so the worker's own thread drains.
    loop_.post([this] { loop_.drain(std::chrono::seconds(5)); });
    thread_.join();
  }
  void start() {
    thread_ = std::thread([this] { loop_.run(); });
  }
  const sluice::Endpoint& endpoint() const { return listener_.endpoint(); }

 private:
  sluice::Loop loop_;
  sluice::Listener listener_;
  std::thread thread_;
};

}  // namespace

int main(int argc, char** argv) try {
  auto where =
      sluice::Endpoint::from(argc > 1 ? argv[1] : "tcp://127.0.0.1:7007");
  Echo echo;
  sluice::Loop loop;  // of this thread, for signals
  const sluice::Signal terminate(loop, SIGTERM, [&loop] { loop.stop(); });
  std::list<Worker> workers;
  for (int i = 0; i < 4; ++i) {
    workers.emplace_back(where, echo);
    where = workers.front().endpoint();  // with port 0: the one it has got
  }
  for (Worker& worker : workers) worker.start();
  std::printf("listening %s\n", where.to_string().c_str());
  std::fflush(stdout);
  loop.run();
} catch (const std::exception& error) {
  std::fprintf(stderr, "threads: %s\n", error.what());
  return 1;
}
