// Messages with descriptors between two processes: a receiver keeps at most one.
#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <cstring>

#include <criterion/criterion.h>

#include "support/descriptors.h"
#include "tools/sluiced/upgrade/descriptor_message.h"

using namespace sluice;
using namespace sluice::tools;

Test(descriptor_message, two_descriptors_in_one_message_are_closed) {
  const int two[] = {0, 1};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof two)] = {};
  char byte = 'x';
  iovec data{&byte, 1};
  msghdr header{};
  header.msg_iov = &data;
  header.msg_iovlen = 1;
  header.msg_control = control;
  header.msg_controllen = sizeof control;
  cmsghdr* const part = CMSG_FIRSTHDR(&header);
  part->cmsg_level = SOL_SOCKET;
  part->cmsg_type = SCM_RIGHTS;
  part->cmsg_len = CMSG_LEN(sizeof two);
  std::memcpy(CMSG_DATA(part), two, sizeof two);
  auto [one, other] = make_message_pair();
  const std::size_t before = test::open_descriptors();
  cr_assert(::sendmsg(one.get(), &header, 0) == 1);
  std::array<std::byte, 16> room{};
  ReceivedMessage message;
  cr_assert(receive_message(other.get(), room, message) == MessageStatus::done);
  cr_expect(not message.is_whole && not message.fd);
  cr_expect(test::open_descriptors() == before);
}
