// Drives a library that has no event loop of its own.
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <map>
#include <vector>

#include <sluice/loop.h>
#include <sluice/timer.h>
#include <sluice/watch.h>

using namespace std::chrono_literals;

// The library. It says which descriptors it reads from and how long it can
// wait. The program calls it when one is ready or the time has passed.
class Library {
 public:
  Library() { open(); }
  ~Library() { close(); }
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;

  std::vector<int> descriptors() const { return {ends_[0]}; }
  std::chrono::milliseconds timeout() const { return 20ms; }

  bool perform(bool ready) {  // false when it has finished
    if (!ready) {
      std::puts("timeout: the library sends a message");
      return ::write(ends_[1], "x", 1) == 1;
    }
    std::printf("a descriptor is ready: message %d\n", ++messages_);
    close();  // the next pipe gets the same descriptor numbers
    open();
    return messages_ < 3;
  }

 private:
  void open() {
    if (::pipe(ends_) != 0) std::perror("pipe");
  }
  void close() {
    for (const int end : ends_) ::close(end);
  }

  int ends_[2] = {-1, -1};
  int messages_ = 0;
};

class Driver {
 public:
  Driver(sluice::Loop& loop, Library& library)
      : loop_(loop),
        library_(library),
        timer_(loop, [this] { step(false); }) {
    ask();
  }

 private:
  void step(bool ready) {
    // Before the library closes a descriptor. This destroys even the watch
    // whose function called step().
    watches_.clear();
    if (library_.perform(ready)) return ask();
    timer_.stop();
    loop_.stop();
  }

  void ask() {
    for (const int descriptor : library_.descriptors()) {
      const auto on_ready = [this](int) { step(true); };
      watches_.try_emplace(descriptor, loop_, descriptor, on_ready)
          .first->second.watch(sluice::kReadable);
    }
    timer_.start(library_.timeout());
  }

  sluice::Loop& loop_;
  Library& library_;
  std::map<int, sluice::Watch> watches_;
  sluice::Timer timer_;
};

int main() {
  sluice::Loop loop;
  Library library;
  const Driver driver(loop, library);
  loop.run();
}
