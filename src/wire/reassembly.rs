//! Reassembly of fragmented ICMP messages under a memory cap.
