// The Verilated miner as a program: a serial line's bytes on standard input and output, time counted in the device's clocks.
//
// It says hello once, then obeys one request after the other (numbers are least significant byte first):
//
//   hello   "MSIM" version(1 byte)=2 clk_hz(4) baud(4) stages(4) units(4) cores(4) icarus(1)
//   'S' length(2) bytes     these bytes are sent to the device, each at the host's line speed, after those that wait already; no answer
//   'B' baud(4)             the host's line speed from the next byte on, either way; no answer
//   'R' cycle(8)            runs up to that clock, or until a byte of the device is complete; answer: cycle(8) count(1) bytes
//   'Q' or end of input     ends the program
//
// Nothing here reads a clock: what the device does depends only on the requests. CLK_HZ, BAUD, STAGES, UNITS, CORES and ICARUS are set by
// the build, to the same values as the parameters of the RTL (hdl/sim/build).

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <string>

#include "Vminer.h"
#include "verilated.h"

namespace {

// What the sensor says: bit 15, that it has no reading, and some other bits, so that it is seen to arrive as it is.
constexpr uint16_t SENSOR = 0x8012;

// Clocks of one bit, in 1/65536.
uint64_t bit_time(uint32_t baud) { return (static_cast<uint64_t>(CLK_HZ) << 16) / baud; }

// The host's end of the line: one start bit, eight data bits, one stop bit.
class Line {
 public:
  void set_baud(uint32_t baud) { bit_ = bit_time(baud); }
  void send(const std::string& bytes) { waiting_.insert(waiting_.end(), bytes.begin(), bytes.end()); }
  bool idle() const { return waiting_.empty() && bits_ == 0; }

  // The level that the device sees in this clock.
  int level() {
    if (bits_ == 0) {
      if (waiting_.empty()) return 1;
      shift_ = (static_cast<uint8_t>(waiting_.front()) << 1) | 0x200;
      waiting_.pop_front();
      bits_ = 10;
      left_ += bit_;
    }
    int level = shift_ & 1;
    left_ -= 0x10000;
    while (bits_ != 0 && left_ < 0x10000) {
      shift_ >>= 1;
      left_ += (--bits_ != 0) ? bit_ : 0;
    }
    return level;
  }

  // Looks at what the device drives in this clock; true when that completes a byte.
  bool hear(int level) {
    if (heard_bits_ < 0) {
      if (level == 0) {
        heard_bits_ = 0;
        until_sample_ = bit_ / 2;
      }
      return false;
    }
    if (until_sample_ >= 0x10000) {
      until_sample_ -= 0x10000;
      return false;
    }
    until_sample_ += bit_ - 0x10000;
    if (heard_bits_ == 0 && level == 1) {
      heard_bits_ = -1;
      return false;
    }
    heard_ |= level << heard_bits_;
    if (++heard_bits_ < 10) return false;
    byte_ = static_cast<uint8_t>(heard_ >> 1);
    bool good = level == 1;
    heard_ = 0;
    heard_bits_ = -1;
    return good;
  }
  uint8_t byte() const { return byte_; }

 private:
  uint64_t bit_ = bit_time(BAUD);
  std::deque<char> waiting_;
  uint32_t shift_ = 0;
  int bits_ = 0;
  uint64_t left_ = 0;
  uint32_t heard_ = 0;
  int heard_bits_ = -1;
  uint64_t until_sample_ = 0;
  uint8_t byte_ = 0;
};

class Device {
 public:
  Device() {
    miner_.rx_i = 1;
    miner_.temperature_i = SENSOR;
    miner_.rst_ni = 0;
    for (int i = 0; i < 16; i++) clock();
    miner_.rst_ni = 1;
  }

  Line line;
  uint64_t cycle = 0;

  // One clock; true when the device has completed a byte.
  bool step() {
    miner_.rx_i = line.level();
    clock();
    cycle++;
    return line.hear(miner_.tx_o);
  }

 private:
  void clock() {
    miner_.clk_i = 0;
    miner_.eval();
    miner_.clk_i = 1;
    miner_.eval();
  }
  Vminer miner_;
};

bool read_exactly(void* into, size_t length) { return fread(into, 1, length, stdin) == length; }

template <typename T>
bool read_number(T* value) {
  uint8_t bytes[sizeof(T)];
  if (!read_exactly(bytes, sizeof bytes)) return false;
  *value = 0;
  for (size_t i = 0; i < sizeof bytes; i++) *value |= static_cast<T>(bytes[i]) << (8 * i);
  return true;
}

template <typename T>
void write_number(T value) {
  for (size_t i = 0; i < sizeof value; i++) putchar(static_cast<int>((value >> (8 * i)) & 0xff));
}

void hello() {
  fputs("MSIM", stdout);
  putchar(2);
  write_number<uint32_t>(CLK_HZ);
  write_number<uint32_t>(BAUD);
  write_number<uint32_t>(STAGES);
  write_number<uint32_t>(UNITS);
  write_number<uint32_t>(CORES);
  putchar(ICARUS);
  fflush(stdout);
}

bool run(Device* device) {
  uint64_t until;
  if (!read_number(&until)) return false;
  bool spoke = false;
  while (!spoke && device->cycle < until) spoke = device->step();
  write_number<uint64_t>(device->cycle);
  putchar(spoke ? 1 : 0);
  if (spoke) putchar(device->line.byte());
  return fflush(stdout) == 0;
}

bool send(Device* device) {
  uint16_t length;
  if (!read_number(&length)) return false;
  std::string bytes(length, '\0');
  if (!read_exactly(&bytes[0], length)) return false;
  device->line.send(bytes);
  return true;
}

bool set_baud(Device* device) {
  uint32_t baud;
  if (!read_number(&baud) || baud == 0) return false;
  device->line.set_baud(baud);
  return true;
}

bool obey(int request, Device* device) {
  switch (request) {
    case 'R': return run(device);
    case 'S': return send(device);
    case 'B': return set_baud(device);
    default: return false;
  }
}

}  // namespace

int main(int argc, char** argv) {
  Verilated::commandArgs(argc, argv);
  // What no reset and no initial value sets begins with any bits, the same in every run; core-rtl N: with others.
  Verilated::randReset(2);
  Verilated::randSeed(argc > 1 ? atoi(argv[1]) : 1);
  Device device;
  hello();
  for (int request = getchar(); request != EOF; request = getchar()) {
    if (!obey(request, &device)) return request == 'Q' ? 0 : 1;
  }
  return 0;
}
