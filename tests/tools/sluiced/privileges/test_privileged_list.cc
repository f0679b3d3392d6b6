// What a parent opens, and that a hostile worker gets nothing else.
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include <criterion/criterion.h>

#include "tools/sluiced/config/listen_reader.h"
#include "tools/sluiced/privileges/privileged_list.h"

using namespace sluice;
using namespace sluice::tools::daemon;
namespace fs = std::filesystem;

namespace {

class Folder {
 public:
  Folder() {
    std::string name = (fs::temp_directory_path() / "sluice.XXXXXX").string();
    cr_assert(::mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { fs::remove_all(path_); }
  [[nodiscard]] std::string at(std::string_view name) const {
    return path_ + '/' + std::string(name);
  }
  std::string file(std::string_view name, std::string_view text = "x") const {
    std::ofstream(at(name)) << text;
    return at(name);
  }

 private:
  std::string path_;
};

PrivilegedEntries entries(const std::vector<std::string>& listens, const LogTarget& log = {}) {
  std::vector<ListenSpec> specs;
  for (const std::string& text : listens) specs.push_back(parse_listen(text, {}));
  return {specs, {}, log};
}

int error_of(PrivilegedList& list, RequestKind kind, std::string_view text) {
  PrivilegedList::Opened opened = list.open({.kind = kind, .number = 0, .text = text});
  cr_expect((opened.error == 0) || not opened.fd);
  return opened.error;
}

std::uint16_t port_of(int socket) { return Address::local_of(socket).port(); }

}  // namespace

Test(privileged_list, opens_the_sockets_of_its_configuration) {
  PrivilegedList list(entries({"echo=tcp://127.0.0.1:0", "echo=udp://127.0.0.1:0"}));
  for (const char* name : {"tcp://127.0.0.1:0", "udp://127.0.0.1:0"}) {
    const auto opened = list.open({.kind = RequestKind::socket, .number = 0, .text = name});
    cr_assert(opened.error == 0 && opened.fd, "%s", name);
    cr_expect(port_of(opened.fd.get()) != 0);
    cr_expect((::fcntl(opened.fd.get(), F_GETFD) & FD_CLOEXEC) != 0);
  }
}

Test(privileged_list, opens_no_socket_that_is_not_in_it) {
  PrivilegedList list(entries({"echo=tcp://127.0.0.1:0"}));
  for (const char* name : {"tcp://127.0.0.1:1", "tcp://127.0.0.1:00", "tcp://*:0", "",
                           "udp://127.0.0.1:0", "tcp://127.0.0.1:0 ", "TCP://127.0.0.1:0"}) {
    cr_expect(error_of(list, RequestKind::socket, name) == EACCES, "%s", name);
    cr_expect(error_of(list, RequestKind::own_file, name) == EACCES, "%s", name);
  }
}

Test(privileged_list, opens_certificates_to_read_and_no_other_file) {
  const Folder folder;
  const std::string cert = folder.file("cert");
  const std::string key = folder.file("key");
  (void)folder.file("other");
  cr_assert(::symlink(key.c_str(), folder.at("link").c_str()) == 0);
  PrivilegedList list(entries({"echo=tls://127.0.0.1:0,cert=" + cert + ",key=" + key}));
  for (const std::string& path : {cert, key}) {
    const auto opened = list.open({.kind = RequestKind::file, .number = 0, .text = path});
    cr_assert(opened.error == 0);
    cr_expect(::write(opened.fd.get(), "y", 1) < 0 && errno == EBADF, "it is only to be read");
  }
  for (const std::string& path :
       {std::string("/etc/passwd"), folder.at("other"), folder.at("./key"), folder.at("link"),
        folder.at("x/../key"), key + '/', "../" + key, std::string("key")}) {
    cr_expect(error_of(list, RequestKind::file, path) == EACCES, "%s", path.c_str());
    cr_expect(error_of(list, RequestKind::log, "file:" + path) == EACCES, "%s", path.c_str());
  }
  cr_expect(error_of(list, RequestKind::log, key) == EACCES, "a key is no log");
  cr_expect(error_of(list, RequestKind::socket, key) == EACCES);
}

Test(privileged_list, opens_no_folder_and_no_fifo_as_a_file) {
  const Folder folder;
  cr_assert(::mkfifo(folder.at("fifo").c_str(), 0600) == 0);
  PrivilegedList list(
      entries({"echo=tls://127.0.0.1:0,cert=" + folder.at("fifo") + ",key=" + folder.at("")}));
  cr_expect(error_of(list, RequestKind::file, folder.at("fifo")) == EINVAL);
  cr_expect(error_of(list, RequestKind::file, folder.at("")) == EINVAL);
}

Test(privileged_list, opens_the_log_to_append_and_follows_no_link) {
  const Folder folder;
  const std::string path = folder.at("log");
  PrivilegedList list(entries({"echo=tcp://127.0.0.1:0"}, log_target_from("file:" + path)));
  const std::string name = "file:" + path;
  {
    const auto opened = list.open({.kind = RequestKind::log, .number = 0, .text = name});
    cr_assert(opened.error == 0);
    cr_expect((::fcntl(opened.fd.get(), F_GETFL) & (O_ACCMODE | O_APPEND)) ==
              (O_WRONLY | O_APPEND));
  }
  cr_expect(error_of(list, RequestKind::file, path) == EACCES, "a log is not to be read");
  cr_assert(::unlink(path.c_str()) == 0);
  cr_assert(::symlink("/etc/passwd", path.c_str()) == 0);
  cr_expect(error_of(list, RequestKind::log, name) == ELOOP);
}

Test(privileged_list, owns_the_file_of_a_unix_socket_until_it_is_removed_or_left) {
  const Folder folder;
  const std::string path = folder.at("socket");
  const std::string name = "unix://" + path;
  struct stat status {};
  {
    PrivilegedList list(entries({"echo=unix://" + path + ",mode=0660"}));
    cr_expect(error_of(list, RequestKind::remove_file, name) == ENOENT);
    cr_assert(error_of(list, RequestKind::socket, name) == 0);
    cr_assert(::lstat(path.c_str(), &status) == 0);
    cr_expect((status.st_mode & 0777) == 0660 && S_ISSOCK(status.st_mode));
    cr_expect(error_of(list, RequestKind::remove_file, name) == 0);
    cr_expect(::lstat(path.c_str(), &status) != 0);
    cr_assert(error_of(list, RequestKind::socket, name) == 0);
    cr_expect(error_of(list, RequestKind::leave_file, name) == 0);
    cr_expect(::lstat(path.c_str(), &status) == 0, "another daemon has it");
    cr_expect(error_of(list, RequestKind::own_file, name) == 0);
  }
  cr_expect(::lstat(path.c_str(), &status) != 0, "it is removed at the end");
}

Test(privileged_list, removes_no_file_that_it_has_not_bound) {
  const Folder folder;
  const std::string path = folder.file("precious");
  PrivilegedList list(entries({"echo=unix://" + path}));
  const std::string name = "unix://" + path;
  cr_expect(error_of(list, RequestKind::remove_file, name) == ENOENT);
  cr_expect(error_of(list, RequestKind::socket, name) == EEXIST);
  (void)error_of(list, RequestKind::own_file, name);
  cr_expect(error_of(list, RequestKind::remove_file, "unix://" + folder.at("x")) == ENOENT);
  (void)error_of(list, RequestKind::remove_file, name);
  cr_expect(fs::exists(path), "it is no socket");
}

Test(privileged_list, has_the_entries_of_the_next_configuration_when_there_is_one) {
  PrivilegedList list(entries({"echo=tcp://127.0.0.1:0"}));
  const char* const next = "udp://127.0.0.1:0";
  cr_expect(error_of(list, RequestKind::socket, next) == EACCES);
  list.set_next(entries({"echo=udp://127.0.0.1:0"}));
  cr_expect(error_of(list, RequestKind::socket, next) == 0);
  cr_expect(error_of(list, RequestKind::socket, "tcp://127.0.0.1:0") == 0, "both hold");
  list.drop_next();
  cr_expect(error_of(list, RequestKind::socket, next) == EACCES);
  list.set_next(entries({"echo=udp://127.0.0.1:0"}));
  list.use_next();
  cr_expect(error_of(list, RequestKind::socket, next) == 0);
  cr_expect(error_of(list, RequestKind::socket, "tcp://127.0.0.1:0") == EACCES);
}

Test(privileged_list, does_nothing_at_other_requests) {
  PrivilegedList list(entries({"echo=tcp://127.0.0.1:0"}));
  for (const RequestKind kind : {RequestKind::notify, RequestKind::upgrade, RequestKind::reload,
                                 RequestKind::signal, RequestKind::configuration}) {
    cr_expect(error_of(list, kind, "tcp://127.0.0.1:0") == ENOSYS);
  }
}

// Many of them: a refused request holds no descriptor.
Test(privileged_list, a_flood_of_requests_costs_no_descriptor) {
  PrivilegedList list(entries({"echo=tcp://127.0.0.1:0"}));
  const Fd before(::dup(0));
  for (int i = 0; i < 2000; ++i) {
    (void)error_of(list, RequestKind::file, "/etc/passwd");
    (void)error_of(list, RequestKind::socket, "tcp://127.0.0.1:0");
  }
  const Fd after(::dup(0));
  cr_expect(after.get() == before.get() + 1);
}
