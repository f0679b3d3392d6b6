// Opens what a log is written to.
//
// Thread: any. Source: sd-daemon(3), unix(7).
#ifndef SLUICE_TOOLS_SLUICED_LOG_OPEN_LOG_H
#define SLUICE_TOOLS_SLUICED_LOG_OPEN_LOG_H

#include "../../../reactor/base/fd.h"
#include "../settings/log_settings.h"

namespace sluice::tools::daemon {

// A file that is appended to, and made with mode 0640 if there is none; or a socket that is
// connected to syslog. Nothing for the standard error, which is open. Throws std::system_error that
// names the path: also if it is not a regular file, or is a link.
Fd open_log(const LogTarget& target);

// Whether what is written to the descriptor goes to systemd's journal: $JOURNAL_STREAM names its
// device and inode.
bool is_journal(int descriptor) noexcept;

}  // namespace sluice::tools::daemon

#endif
