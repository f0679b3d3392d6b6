// Answers from other threads: each one passes its result back with post().
#include <sys/socket.h>

#include <cstdio>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <sluice/connection.h>
#include <sluice/loop.h>

using sluice::Connection;
using sluice::Loop;

namespace {

std::string think(std::string_view question) {
  return "the answer to \"" + std::string(question) + "\" is 42\n";
}

std::string_view text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// Reads a question and answers it in another thread.
class Oracle final : public sluice::Protocol {
 public:
  std::size_t on_data(Connection& asker,
                      std::span<const std::byte> in) override {
    const std::string_view text = text_of(in);
    const std::size_t end = text.find('\n');
    if (end == text.npos) return 0;
    // The thread gets copies, and an id instead of the connection.
    threads_.emplace_back([&loop = asker.loop(), id = asker.id(),
                           question = std::string(text.substr(0, end))] {
      loop.post([&loop, id, answer = think(question)] {
        // Back in the loop's thread. The connection may have closed by now.
        Connection* asker_now = Connection::find(loop, id);
        if (asker_now != nullptr) asker_now->send(answer);
      });
    });
    return end + 1;
  }

  // Threads that call post() must end before the loop is destroyed.
  void join() {
    for (std::thread& thread : threads_) thread.join();
  }

 private:
  std::vector<std::thread> threads_;
};

class Asker final : public sluice::Protocol {
 public:
  void on_open(Connection& oracle) override { oracle.send("everything\n"); }
  std::size_t on_data(Connection& oracle,
                      std::span<const std::byte> in) override {
    if (in.back() != std::byte{'\n'}) return 0;
    std::printf("%s", std::string(text_of(in)).c_str());
    oracle.loop().stop();
    return in.size();
  }
};

}  // namespace

int main() {
  Oracle oracle;
  Asker asker;
  Loop loop;
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0) return 1;
  Connection::adopt(loop, sluice::Fd(ends[0]), oracle);
  Connection::adopt(loop, sluice::Fd(ends[1]), asker);
  loop.run();
  oracle.join();
}
