// Says where it listens, echoes to its first client, and ends when that has gone.
#include <cstdio>

#include "echo.h"
#include <sluice/listener.h>
#include <sluice/loop.h>

int main() {
  Echo echo;
  sluice::Loop loop;
  const sluice::Listener listener(loop, sluice::Endpoint::from("tcp://127.0.0.1:0"), echo);
  std::printf("%u\n", unsigned{listener.endpoint().address().port()});
  std::fflush(stdout);
  loop.run();
}
