// A repeating timer, a watchdog that it restarts, and a signal.
#include <csignal>
#include <cstdio>

#include <sluice/loop.h>
#include <sluice/signals.h>
#include <sluice/timer.h>

using namespace std::chrono_literals;

int main() {
  sluice::Loop loop;

  // A watchdog: it runs only if nothing restarts it in time.
  sluice::Timer watchdog(loop, [&loop] {
    std::puts("no beat for half a second");
    loop.stop();
  });

  int beats = 0;
  sluice::Timer beat(loop, [&] {
    std::printf("beat %d\n", ++beats);
    watchdog.start(500ms);
    if (beats == 3) std::raise(SIGUSR1);
  });

  const sluice::Signal signal(loop, SIGUSR1, [&] {
    std::printf("SIGUSR1 after %d beats\n", beats);
    beat.stop();
  });

  beat.start_repeating(100ms);
  loop.run();
  std::printf("the beat runs: %s\n", beat.running() ? "yes" : "no");
}
