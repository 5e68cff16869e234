"""What stands below the application: processes, connections, HTTP as it comes."""
