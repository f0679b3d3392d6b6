// Two network namespaces with a wire between them, and nftables at the far end.
#ifndef SLUICE_TESTS_SUPPORT_TWO_NETWORKS_H
#define SLUICE_TESTS_SUPPORT_TWO_NETWORKS_H

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include <cstdlib>
#include <functional>
#include <string>

#include <criterion/criterion.h>

#include "network_namespace.h"
#include <sluice/fd.h>

namespace sluice::test {

inline void shell(const std::string& command) {
  cr_assert(std::system(command.c_str()) == 0, "%s", command.c_str());
}

// 10.9.0.1 and fd09::1 here, 10.9.0.2 and fd09::2 at the far end of a wire. The far end is also the
// route to 10.7.0.0/16, where no host answers. Skips the test if the machine does not allow it.
class TwoNetworks {
 public:
  TwoNetworks() {
    if (std::system("nft --version >/dev/null 2>&1") != 0) cr_skip_test("there is no nft");
    const Fd far = own_namespace();
    quiet_icmp();
    const Fd near = own_namespace();
    const std::string far_path =
        "/proc/" + std::to_string(::getpid()) + "/fd/" + std::to_string(far.get());
    shell("ip link add near type veth peer name far netns " + far_path);
    shell("ip addr add 10.9.0.1/24 dev near && ip addr add fd09::1/64 dev near nodad");
    shell("ip link set near up && ip route add 10.7.0.0/16 via 10.9.0.2");
    near_.reset(::dup(near.get()));
    far_.reset(::dup(far.get()));
    at_far_end([] {
      shell("ip addr add 10.9.0.2/24 dev far && ip addr add fd09::2/64 dev far nodad");
      shell("ip link set far up");
      shell("nft add table inet t");
      shell("nft 'add chain inet t i { type filter hook input priority 0; }'");
      shell("nft 'add chain inet t o { type filter hook output priority 0; }'");
    });
  }

  void at_far_end(const std::function<void()>& what) const {
    cr_assert(::setns(far_.get(), CLONE_NEWNET) == 0);
    what();
    cr_assert(::setns(near_.get(), CLONE_NEWNET) == 0);
  }
  // "tcp dport 9 drop".
  void far_rule(const std::string& rule, const std::string& chain = "i") const {
    at_far_end([&] { shell("nft 'add rule inet t " + chain + " " + rule + "'"); });
  }

 private:
  static Fd own_namespace() {
    enter_network_namespace();
    return Fd(::open("/proc/self/ns/net", O_RDONLY));  // for ip(8), too, so not close-on-exec
  }
  // By default the kernel sends few ICMP errors a second.
  static void quiet_icmp() {
    shell("echo 0 > /proc/sys/net/ipv4/icmp_ratelimit");
    shell("echo 0 > /proc/sys/net/ipv6/icmp/ratelimit");
  }

  Fd near_;
  Fd far_;
};

}  // namespace sluice::test

#endif
