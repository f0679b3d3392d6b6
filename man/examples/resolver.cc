// Looks up a name, a number and an invalid name at once, and then a service.
#include <cstdio>
#include <string>
#include <system_error>
#include <vector>

#include <sluice/loop.h>
#include <sluice/resolver.h>
#include <sluice/service_names.h>

int main() {
  sluice::Loop loop;
  sluice::Resolver resolver(loop);

  for (const std::string host :
       {"localhost", "192.0.2.1", "no such name"}) {
    resolver.addresses(
        host, 80, AF_INET,
        [&, host](std::error_code error, auto addresses) {
          if (error) {
            std::printf("%s: %s\n", host.c_str(), error.message().c_str());
          } else {
            std::printf("%s: %s\n", host.c_str(),
                        addresses.front().to_string().c_str());
          }
          if (resolver.pending() == 0) loop.stop();
        });
  }
  std::printf("%zu lookups are pending\n", resolver.pending());
  loop.run();

  sluice::ServiceNames names;  // of_host() reads the host's
  names.add("chess", 7007, sluice::Scheme::tcp);
  std::printf("chess: %d\n", *names.port("chess", sluice::Scheme::tcp));
}
