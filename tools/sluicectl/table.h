// The rows of an answer as a table for people, or as one JSON array for programs.
//
// A pure function of the rows. The columns are the keys of the first row, in its order; numbers are
// aligned to the right. What is no printable ASCII is escaped, because peers choose some of it.
// Thread: any. Errors: throws ProtocolError for a row that is no JSON object.
#ifndef SLUICE_TOOLS_SLUICECTL_TABLE_H
#define SLUICE_TOOLS_SLUICECTL_TABLE_H

#include <span>
#include <string>
#include <vector>

namespace sluice::tools::control {

// Orders the rows by the value of a key: numbers from the largest one, text by its bytes, and rows
// without a value last. Throws std::invalid_argument, which names the keys, if no row has it.
void sort_rows(std::vector<std::string>& rows, const std::string& key);

// With a line of headings; empty if there are no rows.
std::string table_of(std::span<const std::string> rows);

// One row as a line for people: its time, its event, and the rest as KEY=VALUE, with quotes around
// a value that has a space. Ends in a newline.
std::string event_of(const std::string& row);

// "[{...},{...}]\n"
std::string array_of(std::span<const std::string> rows);

}  // namespace sluice::tools::control

#endif
