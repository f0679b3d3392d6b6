// The logs of the rooms of a house: a file for each room that the configuration names.
//
// What it is: a line for each event of a room, with the time of RFC 3339 and the text that members
// with plain lines read. The lines of a turn are one write(2), which appends. The files are named
// by the configuration alone, HOUSE.ROOM.log in small letters: a room has one file, its name cannot
// leave the directory, and a member that opens rooms makes no files. A worker gets each file from
// its parent, which has the same list (privileges/privileged_list.h): it keeps no right to make
// files, and the directory needs to be writable to the parent alone.
// The disk: the write goes to the page cache, and waits for the disk only while the system makes
// writers wait, because too much is not written yet. Lines that the file does not accept are
// dropped and counted; `warn` gets one line when that begins and one when it is over, and the file
// says how many are missing.
// Limits: kMaxRooms files, and for each the lines of one turn, of which kMaxPending bytes are
// written at once.
// Lifetime: `warn` outlives it. The destructor writes what is left. Thread: the loop's.
#ifndef SLUICE_TOOLS_SLUICED_SERVICES_ROOM_LOGS_H
#define SLUICE_TOOLS_SLUICED_SERVICES_ROOM_LOGS_H

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../../../protocols/chat/chat_record.h"
#include "../../../reactor/base/fd.h"

namespace sluice::tools::daemon {

// What is to be kept of a room, and where.
struct RoomLogFile {
  std::string room;  // chat_name_key()
  std::string path;

  friend bool operator==(const RoomLogFile&, const RoomLogFile&) = default;
};

class RoomLog final : public ChatRecord {
 public:
  using Warn = std::function<void(const std::string&)>;
  static constexpr std::size_t kMaxPending = 64 * 1024;

  // REQUIRES: `file` is opened at its path; `warn` outlives it.
  RoomLog(RoomLogFile file, Fd opened, const Warn& warn)
      : file_(std::move(file)), opened_(std::move(opened)), warn_(warn) {}
  RoomLog(const RoomLog&) = delete;
  RoomLog& operator=(const RoomLog&) = delete;
  ~RoomLog() { flush(); }

  [[nodiscard]] const RoomLogFile& file() const noexcept { return file_; }
  void add(const ChatEvent& event) noexcept override;
  void flush() noexcept;
  // Another file at the same path, which lines are written to from now on.
  void replace(Fd opened) noexcept;

 private:
  [[nodiscard]] std::string head() const;
  void failed(int error) noexcept;
  void recovered(std::uint64_t dropped) noexcept;

  RoomLogFile file_;
  Fd opened_;
  const Warn& warn_;
  std::string pending_;        // whole lines
  std::uint64_t dropped_ = 0;  // since the last line that was written
  bool is_failing_ = false;
  bool is_torn_ = false;  // the last line was written in part
};

// For RoomLogs::Open: by the parent, if this process may open nothing.
Fd open_room_log(const std::string& path);

class RoomLogs final : public ChatRecorder {
 public:
  static constexpr std::size_t kMaxRooms = 64;
  // Opens a file that is appended to. Throws std::system_error that names the path.
  using Open = std::function<Fd(const std::string& path)>;

  explicit RoomLogs(RoomLog::Warn warn) : warn_(std::move(warn)) {}

  // Opens those of `files` that are not open, for use(). Throws what `open` throws; then the logs
  // go on as they are.
  void prepare(std::span<const RoomLogFile> files, const Open& open);
  // Keeps what prepare() has got, and nothing else. ChatHouse::set_recorder() must follow.
  // REQUIRES: prepare() was called.
  void use() noexcept;
  // Closes what prepare() has got: use() does not follow.
  void discard() noexcept { next_.clear(); }
  // Opens each file again, because it may have been renamed. One that cannot be opened goes on as
  // it was, and `warn` gets a line. Returns how many were opened.
  std::size_t reopen(const Open& open) noexcept;

  [[nodiscard]] bool empty() const noexcept { return logs_.empty(); }
  [[nodiscard]] ChatRecord* record_of(std::string_view room) noexcept override;
  void add_to_all(const ChatEvent& event) noexcept override;
  void flush() noexcept override;

 private:
  struct Next {
    RoomLog* same = nullptr;  // goes on; else:
    std::unique_ptr<RoomLog> fresh = nullptr;
  };
  [[nodiscard]] RoomLog* find(const RoomLogFile& file) const noexcept;

  RoomLog::Warn warn_;
  std::vector<std::unique_ptr<RoomLog>> logs_;
  std::vector<Next> next_;
  std::vector<std::unique_ptr<RoomLog>> room_for_next_;  // reserved, so that use() cannot fail
};

}  // namespace sluice::tools::daemon

#endif
