#include "peer_credentials.h"

#include <sys/socket.h>
#include <unistd.h>

namespace sluice {

std::optional<PeerCredentials> peer_credentials_of(int socket) noexcept {
#if defined(SO_PEERCRED) && defined(__linux__)
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return std::nullopt;
  // A socket of another family, or one whose peer is not known, has these.
  if (peer.uid == static_cast<uid_t>(-1) || peer.pid == 0) return std::nullopt;
  return PeerCredentials{peer.uid, peer.gid, peer.pid};
#elif defined(__FreeBSD__) || defined(__OpenBSD__) || defined(__NetBSD__) || defined(__APPLE__)
  PeerCredentials peer;
  if (::getpeereid(socket, &peer.user, &peer.group) != 0) return std::nullopt;
  return peer;
#else
  (void)socket;
  return std::nullopt;
#endif
}

}  // namespace sluice
