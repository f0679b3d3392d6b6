#include "option_table.h"

#include <array>

namespace sluice::tools::scan {
namespace {

constexpr std::array kOptions = {
    OptionSpec{"tcp", 0, "", "connect to TCP ports (this is the default)"},
    OptionSpec{"udp", 0, "", "send datagrams to UDP ports"},
    OptionSpec{"ports", 'p', "PORTS", "ports to scan (top:1000; of UDP, top:100)"},
    OptionSpec{"top-ports", 0, "COUNT", "the same as -p top:COUNT"},
    OptionSpec{"exclude-ports", 0, "PORTS", "do not scan these"},
    OptionSpec{"ipv4", '4', "", "IPv4 only"},
    OptionSpec{"ipv6", '6', "", "IPv6 only"},
    OptionSpec{"input", 'i', "FILE", "read targets from FILE (- is the standard input)", true},
    OptionSpec{"exclude", 0, "TARGET,...", "do not scan these; repeatable", true},
    OptionSpec{"exclude-file", 0, "FILE", "do not scan those in FILE; repeatable", true},
    OptionSpec{"all-addresses", 0, "", "scan all addresses of names, not one"},
    OptionSpec{"timeout", 0, "DURATION", "longest wait for an answer (3s)"},
    OptionSpec{"retries", 0, "COUNT", "attempts after one without an answer (2)"},
    OptionSpec{"rate", 0, "COUNT", "probes per second (5000-100000), or 0 for no limit"},
    OptionSpec{"parallel", 0, "COUNT", "limit on probes in flight (limit on descriptors)"},
    OptionSpec{"seed", 0, "NUMBER", "seed of the order of the scan (random)"},
    OptionSpec{"shard", 0, "I/N", "scan the I-th of N parts (1/1)"},
    OptionSpec{"resume", 0, "FILE", "save the position in FILE, or continue from it"},
    OptionSpec{"open", 0, "", "list open ports only"},
    OptionSpec{"no-discovery", 0, "", "scan hosts that seem to be down as well"},
    OptionSpec{"verify", 0, "", "connect to open ports twice before they are listed"},
    OptionSpec{"banner", 0, "DURATION", "list what open ports send (1s)", false, true},
    OptionSpec{"tls", 0, "DURATION", "list TLS and certificates of open ports (3s)", false, true},
    OptionSpec{"probe", 0, "DURATION", "ask open ports what they are (2s)", false, true},
    OptionSpec{"bind", 0, "ADDRESS", "the local address"},
    OptionSpec{"no-names", 'n', "", "do not look up names of hosts"},
    OptionSpec{"json", 0, "", "list each port as a JSON object on a line"},
    OptionSpec{"csv", 0, "", "list each port as a line of comma-separated values"},
    OptionSpec{"grepable", 0, "", "list each host on a line"},
    OptionSpec{"xml", 0, "FILE", "also write XML as nmap does to FILE"},
    OptionSpec{"output", 'o', "FILE", "write the listing to FILE (standard output)"},
    OptionSpec{"backend", 0, "auto|epoll|poll|select", "event backend (auto)"},
    OptionSpec{"help", 0, "", "print this help and exit"},
    OptionSpec{"version", 0, "", "print the version and exit"},
};

constexpr std::array kNmapSpellings = {
    OptionAlias{"-iL", "--input", ""},
    OptionAlias{"-oA", "", "-o FILE for the table, and --xml FILE for XML"},
    OptionAlias{"-oG", "--grepable --output", ""},
    OptionAlias{"-oN", "", "-o FILE for the table, and -o ./N for a file named \"N\""},
    OptionAlias{"-oS", "", "-o FILE for the table, and -o ./S for a file named \"S\""},
    OptionAlias{"-oX", "--xml", ""},
    OptionAlias{"-Pn", "--no-discovery", ""},
    OptionAlias{"-sS", "", "-sT"},
    OptionAlias{"-sT", "--tcp", ""},
    OptionAlias{"-sU", "--udp", ""},
    OptionAlias{"-sV", "", "--probe"},
};

}  // namespace

std::span<const OptionSpec> scan_option_table() noexcept { return kOptions; }
std::span<const OptionAlias> nmap_spellings() noexcept { return kNmapSpellings; }

std::string scan_help() {
  return "Usage: sluice-scan [OPTION]... TARGET...\n"
         "Finds the open TCP or UDP ports of hosts.\n"
         "Scan only hosts that you are responsible for or have permission to scan.\n"
         "\nOptions:\n" +
         help_of(kOptions) + "\nTargets:\n" + help_row("NAME, a.b.c.d, IPV6", "one host") +
         help_row("a.b.c.d/LEN, IPV6/LEN", "all addresses of a prefix") +
         help_row("10.0.0-3.1-254", "octets may be ranges") + "\nPorts:\n" +
         help_row("22,80,8000-8100", "numbers and ranges") +
         help_row("ssh,https", "services that this host knows") +
         help_row("top:N", "the N most common ports") + help_row("-", "all ports, 1-65535") +
         "\nA DURATION is 500ms, 30s, 5m, 2h or 1d.\n"
         "See sluice-scan(1).\n";
}

}  // namespace sluice::tools::scan
