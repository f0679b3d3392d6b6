// Cuts a stream into blocks of whole lines, for output that shows lines as they are.
//
// What it is: the framing "line" without a call for each line: a block is printed as one text.
// Memory: one block, if a line ends in CR LF, of which the CR is removed. The rest of the stream
// stays with the caller.
// Lifetime: a plain value. Thread: any. Errors: a line above the limit, as CodecError.
#ifndef SLUICE_TOOLS_SLUICE_TALK_LINE_BLOCKS_H
#define SLUICE_TOOLS_SLUICE_TALK_LINE_BLOCKS_H

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "../../protocols/codec/codec_error.h"

namespace sluice::tools::talk {

[[nodiscard]] std::size_t count_lines(std::string_view text) noexcept;

class LineBlocks {
 public:
  // REQUIRES: fewer than `limit` bytes arrive at once, so that only the first line can be too long.
  explicit LineBlocks(std::size_t limit) noexcept : limit_(limit) {}

  struct Block {
    std::string_view lines{};  // each with its LF; valid until the next call
    std::size_t consumed = 0;  // of `in`; 0: no line is complete
    CodecError error{};        // then nothing else counts
  };
  // `in` begins with a line, and with the rest that the last call left.
  Block next(std::string_view in);

 private:
  [[nodiscard]] CodecError too_long() const;

  std::size_t limit_;
  std::size_t scanned_ = 0;     // of the rest, without an LF
  std::uint64_t position_ = 0;  // of `in` in the stream
  std::string without_cr_;
};

}  // namespace sluice::tools::talk

#endif
