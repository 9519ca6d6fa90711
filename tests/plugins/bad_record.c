/* Names a record that it does not have. */
extern const char rt_plugin_id[];
__attribute__((visibility("default"))) const char rt_plugin_id[] = "bad_record";
