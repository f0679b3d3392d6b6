// Blocks of whole lines: nothing is lost or scanned as a line too early, and limits are exact.
#include <string>

#include <criterion/criterion.h>

#include "tools/sluice-talk/line_blocks.h"

using sluice::CodecFault;
using sluice::tools::talk::count_lines;
using sluice::tools::talk::LineBlocks;

namespace {

// What is shown of a stream that arrives in pieces of `size` bytes, and then what is left.
std::string shown(const std::string& stream, std::size_t size, std::size_t limit = 100) {
  LineBlocks blocks(limit);
  std::string rest;
  std::string text;
  for (std::size_t at = 0; at < stream.size(); at += size) {
    rest += stream.substr(at, size);
    const LineBlocks::Block block = blocks.next(rest);
    if (block.error) return text + "<too long at " + std::to_string(block.error.offset) + '>';
    text += block.lines;
    rest.erase(0, block.consumed);
  }
  return text + '|' + rest;
}

}  // namespace

Test(talk_line_blocks, lines_come_whole_however_they_are_cut) {
  const std::string stream = "one\n\ntwo\r\nth\rree\n\r\r\n\r\nrest";
  for (std::size_t size = 1; size <= stream.size(); ++size) {
    cr_expect(shown(stream, size) == "one\n\ntwo\nth\rree\n\r\n\n|rest", "%zu", size);
  }
}

Test(talk_line_blocks, the_limit_counts_neither_cr_nor_lf) {
  for (std::size_t size = 1; size <= 12; ++size) {
    cr_expect(shown("12345\n", size, 5) == "12345\n|", "%zu", size);
    cr_expect(shown("12345\r\n", size, 5) == "12345\n|", "%zu", size);
    if (size < 3) cr_expect(shown("a\n123456\n", size, 5) == "a\n<too long at 7>", "%zu", size);
    cr_expect(shown("123456", size, 5) == "<too long at 5>", "%zu", size);
    cr_expect(shown("12345\r6", size, 5) == "<too long at 5>", "%zu", size);
    cr_expect(shown("123456\n", size, 5) == "<too long at 5>", "%zu", size);
  }
}

Test(talk_line_blocks, lines_are_counted) {
  std::string text;
  for (std::size_t lines = 0; lines < 300; ++lines) {
    cr_expect(count_lines(text) == lines && count_lines(text + "xyz") == lines);
    text += std::string(lines % 7, 'x') + '\n';
  }
}
