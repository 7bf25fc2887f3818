/* store_net.h - names of interfaces and tables, addresses, prefixes and patterns into config. */
#ifndef CROUTE_CORE_DECODE_STORE_NET_H
#define CROUTE_CORE_DECODE_STORE_NET_H

#include "core/decode/cell.h"

/* Each as its type of schema.h says. */
cell_store_fn store_device;
cell_store_fn store_table;
cell_store_fn store_mac;
cell_store_fn store_address;
cell_store_fn store_destination;
cell_store_fn store_node_address;
cell_store_fn store_podcidr;
cell_store_fn store_prefix;
cell_store_fn store_host;
cell_store_fn store_device_word;
cell_store_fn store_regex;
cell_store_fn store_glob;

#endif
