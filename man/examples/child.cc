// Runs sort(1): writes lines to it, and reads them back in order.
#include <cstdio>
#include <exception>
#include <memory>
#include <string>

#include <sluice/child_process.h>
#include <sluice/connection.h>
#include <sluice/loop.h>
#include <sluice/pipe_connection.h>

using sluice::Connection;

namespace {

class Writer final : public sluice::Protocol {
  void on_open(Connection& pipe) override {
    pipe.send("pear\napple\nfig\n");
    pipe.close();  // when all is written: the child sees the end
  }
  std::size_t on_data(Connection&, std::span<const std::byte>) override {
    return 0;  // never called: nothing comes out of this end
  }
};

class Reader final : public sluice::Protocol {
  std::size_t on_data(Connection&, std::span<const std::byte> in) override {
    std::fwrite(in.data(), 1, in.size(), stdout);
    return in.size();
  }
};

}  // namespace

int main() try {
  sluice::Loop loop;
  sluice::ChildOptions options;
  options.arguments = {"sort"};
  options.input = options.output = sluice::ChildStream::pipe;
  std::string how;
  sluice::ChildProcess sort(loop, options, [&](sluice::ChildExit exit) {
    how = exit.message();
    loop.drain(std::chrono::seconds(1));  // reads what is left in the pipe
  });
  adopt_pipe(loop, sort.take_input(), std::make_unique<Writer>());
  adopt_pipe(loop, sort.take_output(), std::make_unique<Reader>());
  loop.run();
  std::printf("sort: %s\n", how.c_str());
} catch (const std::exception& error) {
  std::fprintf(stderr, "child: %s\n", error.what());
  return 1;
}
